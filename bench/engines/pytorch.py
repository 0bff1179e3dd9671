"""PyTorch on the same graphs; see serve.js for what is said on stdin and stdout. Arguments: engine, threads.

Inference is timed as the faster of two ways to run it: eagerly, and traced, frozen and optimised for inference, which
folds batch normalisation and lays weights out for the processor.
"""

import json
import os
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

engine, threads = sys.argv[1], int(sys.argv[2])
torch.set_num_threads(threads)
torch.manual_seed(1)

CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
CONV_TRANSPOSE = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}
ELEMENTWISE = {
    "relu": F.relu, "relu6": F.relu6, "silu": F.silu, "sigmoid": torch.sigmoid, "add": torch.add, "mul": torch.mul,
}


def floats(path, shape):
    data = torch.frombuffer(bytearray(open(path, "rb").read()), dtype=torch.float32)
    return data.reshape(shape) if shape else data


class Network(nn.Module):
    """The operations of a graph, one after another. Each has its weights under its output's name."""

    def __init__(self, graph, weights):
        super().__init__()
        self.graph = graph
        self.drop = True
        for op in graph["ops"]:
            for key, placed in op["weights"].items():
                size = torch.Size(placed["shape"])
                value = weights[placed["at"]:placed["at"] + size.numel()].reshape(size).clone()
                name = f"{op['output']}_{key}"
                if key in ("mean", "variance"):
                    self.register_buffer(name, value)
                else:
                    self.register_parameter(name, nn.Parameter(value))

    def apply_op(self, op, inputs):
        weight = lambda key: getattr(self, f"{op['output']}_{key}", None)
        kind, x = op["op"], inputs[0]
        if kind in ELEMENTWISE:
            return ELEMENTWISE[kind](*inputs)
        if kind in ("conv", "convTranspose"):
            return self.convolve(op, x, weight("weight"), weight("bias"))
        if kind == "batchNorm":
            return F.batch_norm(
                x, weight("mean"), weight("variance"), weight("scale"), weight("shift"), self.training, 0.1, op["eps"])
        if kind == "maxPool":
            before = [pad[0] for pad in op["pads"]]
            return F.max_pool2d(x, op["kernel"], op["stride"], before, op["dilation"], op["ceil"])
        if kind == "linear":
            return F.linear(x, weight("weight"), weight("bias"))
        if kind == "globalAvgPool":
            return F.adaptive_avg_pool2d(x, 1)
        if kind == "flatten":
            return torch.flatten(x, 1)
        if kind == "concat":
            return torch.cat(inputs, 1)
        if kind == "dropout":
            return F.dropout(x, op["p"], self.training and self.drop)
        raise ValueError(f"operation {kind} is unknown")

    def convolve(self, op, x, weight, bias):
        pads = [before for before, after in op["pads"]]
        rank = len(pads)
        if any(before != after for before, after in op["pads"]):
            raise ValueError("uneven padding")
        if op["op"] == "conv":
            return CONV[rank](x, weight, bias, op["stride"], pads, op["dilation"], op["groups"])
        return CONV_TRANSPOSE[rank](x, weight, bias, op["stride"], pads, 0, op["groups"], op["dilation"])

    def forward(self, x):
        values = {"x": x}
        for op in self.graph["ops"]:
            values[op["output"]] = self.apply_op(op, [values[name] for name in op["inputs"]])
        return values[self.graph["output"]]


def sample(run, ms):
    samples, end = [], time.perf_counter() + ms / 1000
    while True:
        start = time.perf_counter()
        run()
        now = time.perf_counter()
        samples.append((now - start) * 1000)
        if now >= end:
            return samples


def optimised(network, x):
    frozen = torch.jit.freeze(torch.jit.trace(network, x))
    return torch.jit.optimize_for_inference(frozen)


def load_inference(job, network, x):
    network.eval()

    def runner(function):
        def run():
            with torch.no_grad():
                return function(x)
        return run

    with torch.no_grad():
        runs = [runner(network), runner(optimised(network, x))]
    for run in runs:
        sample(run, 100)
    run = min(runs, key=lambda each: min(sample(each, 100)))
    with open(os.path.join(job["folder"], f"{engine}.bin"), "wb") as file:
        file.write(run().contiguous().numpy().tobytes())
    return run, {"ok": True}


def load_training(job, make, x):
    labels = torch.tensor(job["labels"])

    def stepper(network):
        optimizer = torch.optim.SGD(network.parameters(), lr=job["lr"], momentum=job["momentum"])

        def step():
            optimizer.zero_grad()
            loss = F.cross_entropy(network(x), labels)
            loss.backward()
            optimizer.step()
            return loss.item()
        return step

    check = make()
    check.drop = False
    step = stepper(check)
    losses = [step() for _ in range(job["checkedSteps"])]
    run = stepper(make())
    sample(run, 200)
    return run, {"ok": True, "losses": losses}


def load(job):
    weights = floats(os.path.join(job["folder"], "weights.bin"), None)
    x = floats(os.path.join(job["folder"], "x.bin"), job["graph"]["input"])
    if job["kind"] == "training":
        return load_training(job, lambda: Network(job["graph"], weights), x)
    return load_inference(job, Network(job["graph"], weights), x)


def main():
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(value):
        print(json.dumps(value), file=out, flush=True)

    run = None
    answer({"ready": torch.__version__})
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if "time" in request:
                answer({"samples": sample(run, request["time"])})
            else:
                run, reply = load(request["load"])
                answer(reply)
        except Exception as error:
            answer({"error": f"{type(error).__name__}: {error}"})


main()
