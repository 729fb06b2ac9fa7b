"""The peer of `hilum serve`: the same network by FastAPI with ONNX Runtime, one PNG a request.

python bench_serving.py MODEL.onnx PORT THREADS
    MODEL.onnx: MobileNetV2 of 224 x 224 x 3, such as scripts/export_onnx.py writes.

It decodes, resizes where needed, normalises and classifies, as examples of FastAPI do; without
calibration, detector of what is unlike the training data, or a second view.
"""

import io
import sys

import numpy as np
import onnxruntime
import uvicorn
from fastapi import FastAPI, Request
from PIL import Image

model, port, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = threads
session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
name = session.get_inputs()[0].name
mean = np.array([0.485, 0.456, 0.406], np.float32)
std = np.array([0.229, 0.224, 0.225], np.float32)
app = FastAPI()


def classify(body):
    image = Image.open(io.BytesIO(body)).convert("RGB")
    if image.size != (224, 224):
        image = image.resize((224, 224), Image.BILINEAR)
    values = (np.asarray(image, np.float32) / 255 - mean) / std
    logits = session.run(None, {name: values.transpose(2, 0, 1)[None]})[0][0]
    exponentials = np.exp(logits - logits.max())
    return (exponentials / exponentials.sum()).tolist()


@app.post("/predict")
async def predict(request: Request):
    body = await request.body()
    # As FastAPI runs plain functions: on a pool of threads.
    from starlette.concurrency import run_in_threadpool

    return {"probabilities": await run_in_threadpool(classify, body)}


uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
