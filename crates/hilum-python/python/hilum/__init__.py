"""hilum classifies chest-CT slices: it audits data, trains, evaluates, and answers, or says that it
does not know. Research software, not a medical device.

    import hilum

    model = hilum.load()                           # the one that comes along, or a path
    answers = model.predict(["a.png", array, pydicom_dataset, pil_image])

    hilum.audit("slices/")
    run = hilum.train("slices/", arch="mobilenet-v2", weights="torchvision:mobilenet_v2")
    run.evaluate()

Settings have the names of the command line's flags (`hilum train --help`), with `_` for `-`.
`hilum.sklearn`, `hilum.arrow`, `hilum.ray`, `hilum.spark` and `hilum.daft` are imported by name.
"""

from ._hilum import __version__
from .answers import Answer, Answers
from .errors import FailureError, HilumError, HilumWarning, InputError
from .model import Model, load
from .verbs import audit, cross_validate, evaluate, phantoms, preview, search, split, train

__all__ = [
    "Answer",
    "Answers",
    "FailureError",
    "HilumError",
    "HilumWarning",
    "InputError",
    "Model",
    "__version__",
    "audit",
    "cross_validate",
    "evaluate",
    "load",
    "phantoms",
    "preview",
    "search",
    "split",
    "train",
]
