"""The end of a worker, once."""

from __future__ import annotations

import os
import signal

from hilum.arrow import Worker


class Death:
    """Kills the worker that asks, if it is the first to ask after `least` questions."""

    def __init__(self, folder, least: int = 2) -> None:
        self.folder = str(folder)
        self.least = least

    def comes(self) -> None:
        marker = os.path.join(self.folder, "dead")
        with open(os.path.join(self.folder, "asked"), "a") as file:
            file.write("x")
        if os.path.getsize(os.path.join(self.folder, "asked")) < self.least:
            return
        try:
            os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return
        with open(marker, "w") as file:
            file.write(str(os.getpid()))
        os.kill(os.getpid(), signal.SIGKILL)

    def came(self) -> bool:
        return os.path.exists(os.path.join(self.folder, "dead"))


class MortalWorker(Worker):
    """A worker that dies once, of a batch that it has; `death` is the folder where it is told."""

    def __init__(self, model, death, **settings):
        super().__init__(model, **settings)
        self._death = Death(death)

    def __call__(self, column):
        self._death.comes()
        return super().__call__(column)


class AlwaysMortalWorker(Worker):
    """A worker that dies of every batch."""

    def __call__(self, column):
        os.kill(os.getpid(), signal.SIGKILL)
