"""Writes schedules.json: learning rates, class weights and losses that other libraries compute.

Run: python make_schedules.py (in this folder)
Made with torch 2.15.0, keras 3.15.1, scikit-learn 1.9.1, numpy.
"""

import json
import os

os.environ["KERAS_BACKEND"] = "torch"  # torch and tensorflow do not share a process

import keras
import numpy as np
import torch
from sklearn.utils.class_weight import compute_class_weight


def rates(steps, base, make):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=base)
    scheduler = make(optimizer)
    found = []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def one_cycle(steps, peak):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=peak)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=peak, total_steps=steps)
    found = [optimizer.param_groups[0]["lr"]]
    for _ in range(steps - 1):
        optimizer.step()
        scheduler.step()
        found.append(optimizer.param_groups[0]["lr"])
    return found


def cosine(steps, warm_up, base):
    schedulers = torch.optim.lr_scheduler

    def make(optimizer):
        after = schedulers.CosineAnnealingLR(optimizer, T_max=steps - warm_up)
        if warm_up == 0:
            return after
        before = schedulers.LinearLR(optimizer, start_factor=1 / warm_up, total_iters=warm_up - 1)
        return schedulers.SequentialLR(optimizer, [before, after], milestones=[warm_up])

    return rates(steps, base, make)


LOSSES = [1.0, 0.8, 0.79995, 0.7999, 0.8, 0.81, 0.9, 0.9, 0.9, 0.7, 0.71, 0.72, 0.73, 0.74, 0.75, 0.76, 0.6, 0.7]


def plateau_torch():
    """patience=2 there is 3 flat epochs: it waits until there are more than `patience`."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1e-3)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=0.1, patience=2, threshold=1e-4, threshold_mode="abs", min_lr=6e-6
    )
    found = []
    for loss in LOSSES:
        scheduler.step(loss)
        found.append(optimizer.param_groups[0]["lr"])
    return found


def keras_model():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(1e-3), loss="mse")
    return model


def plateau_keras():
    model = keras_model()
    callback = keras.callbacks.ReduceLROnPlateau(factor=0.1, patience=3, min_lr=6e-6)
    callback.set_model(model)
    callback.on_train_begin()
    found = []
    for epoch, loss in enumerate(LOSSES):
        callback.on_epoch_end(epoch, {"val_loss": loss})
        found.append(float(model.optimizer.learning_rate))
    return found


def early_stopping_keras(patience):
    """The epoch, from 0, after which Keras stops; null if it never does."""
    model = keras_model()
    callback = keras.callbacks.EarlyStopping(monitor="val_loss", patience=patience)
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, loss in enumerate(LOSSES):
        callback.on_epoch_end(epoch, {"val_loss": loss})
        if model.stop_training:
            return epoch
    return None


def cross_entropy():
    generator = np.random.default_rng(7)
    logits = (generator.standard_normal((6, 4)) * 3).astype(np.float32)
    truth = [0, 3, 1, 1, 2, 0]
    cases = []
    for weights in ([1, 1, 1, 1], [0.5, 2, 1.25, 0.75]):
        for smoothing in (0.0, 0.1):
            loss = torch.nn.CrossEntropyLoss(
                weight=torch.tensor(weights, dtype=torch.float64), label_smoothing=smoothing
            )(torch.tensor(logits, dtype=torch.float64), torch.tensor(truth))
            cases.append({"class_weights": weights, "label_smoothing": smoothing, "loss": loss.item()})
    return {"logits": logits.tolist(), "truth": truth, "cases": cases}


def balanced():
    truth = np.repeat([0, 1, 2, 3], [195, 115, 148, 155])
    return compute_class_weight("balanced", classes=np.arange(4), y=truth).tolist()


if __name__ == "__main__":
    result = {
        "one_cycle": {"steps": 40, "learning_rate": 1e-3, "rates": one_cycle(40, 1e-3)},
        "cosine": {"steps": 30, "warm_up": 0, "learning_rate": 1e-3, "rates": cosine(30, 0, 1e-3)},
        "cosine_warm_up": {"steps": 30, "warm_up": 6, "learning_rate": 1e-3, "rates": cosine(30, 6, 1e-3)},
        "validation_losses": LOSSES,
        "plateau_torch": plateau_torch(),
        "plateau_keras": plateau_keras(),
        "early_stopping_keras": {str(patience): early_stopping_keras(patience) for patience in (1, 3, 5, 6, 10)},
        "balanced": {"counts": [195, 115, 148, 155], "weights": balanced()},
        "cross_entropy": cross_entropy(),
    }
    with open("schedules.json", "w") as file:
        json.dump(result, file, indent=1)
        file.write("\n")
