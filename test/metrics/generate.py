"""Writes the fixtures beside it: inputs drawn here, and what the references make of them.

    pip install --target /tmp/coco --no-deps pycocotools==2.0.11
    PYTHONPATH=/tmp/coco python3 test/metrics/generate.py

References: scikit-learn 1.2.1 (Debian's python3-sklearn) and pycocotools 2.0.11 (PyPI). The inputs are random numbers
of this script; the fixtures carry no licence but that of the project. Scores are multiples of 1/64, which float32 keeps.
"""

import contextlib
import io
import json
import pathlib
import warnings

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from sklearn import calibration, metrics, preprocessing

warnings.simplefilter("ignore")
folder = pathlib.Path(__file__).parent
random = np.random.default_rng(13)


def plain(value):
    """JSON of numpy; NaN as null."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(part) for part in value]
    if isinstance(value, (np.integer, np.bool_)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return None if np.isnan(value) else float(value)
    return value


def write(name, cases):
    lines = ",\n".join(json.dumps(plain(case)) for case in cases)
    (folder / name).write_text(f"[\n{lines}\n]\n")


def quantised(shape):
    return random.integers(0, 64, shape) / 64


def averages(truth, predictions, zero, **more):
    of = lambda average: metrics.precision_recall_fscore_support(
        truth, predictions, average=average, zero_division=zero, **more
    )
    precision, recall, f1, support = of(None)
    means = {name: dict(zip(["precision", "recall", "f1"], of(name)[:3])) for name in ["micro", "macro", "weighted"]}
    return {"precision": precision, "recall": recall, "f1": f1, "support": support, **means}


def in_classes(name, scores, labels):
    classes = scores.shape[1]
    every = list(range(classes))
    predictions = scores.argmax(axis=1)
    matrix = lambda normalize: metrics.confusion_matrix(labels, predictions, labels=every, normalize=normalize)
    present = sorted(set(labels) | set(predictions))
    jaccard = metrics.jaccard_score(labels, predictions, labels=present, average=None)
    f1 = metrics.f1_score(labels, predictions, labels=present, average=None)
    spread = lambda values: [values[present.index(c)] if c in present else np.nan for c in every]
    return {
        "name": name,
        "scores": scores,
        "labels": labels,
        "topK": [
            metrics.top_k_accuracy_score(labels, scores, k=k, labels=every) for k in range(1, classes + 1)
        ],
        "confusion": {key: matrix(way) for key, way in
                      [("counts", None), ("labels", "true"), ("predictions", "pred"), ("all", "all")]},
        "zeroDivision0": averages(labels, predictions, 0, labels=every),
        "zeroDivision1": averages(labels, predictions, 1, labels=every),
        "accuracy": metrics.accuracy_score(labels, predictions),
        "iou": {"perClass": spread(jaccard), "mean": jaccard.mean()},
        "dice": {"perClass": spread(f1), "mean": f1.mean()},
        "auc": one_vs_rest(preprocessing.label_binarize(labels, classes=every), scores),
    }


def one_vs_rest(indicators, scores):
    """Where a class has no positives or no negatives, roc_auc_score raises; null stands for that."""
    columns = range(scores.shape[1])
    defined = [0 < indicators[:, c].sum() < len(indicators) for c in columns]
    roc = [metrics.roc_auc_score(indicators[:, c], scores[:, c]) if defined[c] else np.nan for c in columns]
    precision = [metrics.average_precision_score(indicators[:, c], scores[:, c]) for c in columns]
    names = ["macro", "weighted", "micro"]

    def mean(way):
        try:
            return metrics.roc_auc_score(indicators, scores, average=way)
        except ValueError:
            return np.nan

    return {
        "perClass": {"roc": roc, "averagePrecision": precision},
        "roc": {way: mean(way) for way in names},
        "averagePrecision": {way: metrics.average_precision_score(indicators, scores, average=way) for way in names},
    }


write("classes.json", [
    in_classes("few samples, many ties", random.integers(0, 4, (12, 4)) / 4, random.integers(0, 4, 12)),
    in_classes("fifty samples of seven classes", quantised((50, 7)), random.integers(0, 7, 50)),
    in_classes("a class that no sample has", quantised((20, 4)), random.integers(0, 3, 20)),
    in_classes("a class that is never taken", np.hstack([quantised((20, 3)) + 1, quantised((20, 1))]), random.integers(0, 4, 20)),
    in_classes("a class of neither", np.hstack([quantised((20, 3)) + 1, quantised((20, 1))]), random.integers(0, 3, 20)),
    in_classes("one sample", quantised((1, 3)), np.array([2])),
    in_classes("all right", np.eye(5), np.arange(5)),
])


def binary(name, scores, labels):
    both = 0 < labels.sum() < len(labels)
    return {
        "name": name, "scores": scores, "labels": labels,
        "roc": metrics.roc_auc_score(labels, scores) if both else np.nan,
        "averagePrecision": metrics.average_precision_score(labels, scores),
    }


half = np.arange(10) % 2
write("binary.json", [
    binary("forty samples", quantised(40), random.integers(0, 2, 40)),
    binary("many ties", random.integers(0, 4, 60) / 4, random.integers(0, 2, 60)),
    binary("logits, also negative", quantised(30) * 8 - 4, random.integers(0, 2, 30)),
    binary("all equal", np.full(10, 0.5), half),
    binary("perfect", half * 1.0, half),
    binary("the wrong way round", 1.0 - half, half),
    binary("few positives", quantised(50), (np.arange(50) % 17 == 0) * 1),
    binary("no positives", quantised(10), np.zeros(10, int)),
    binary("no negatives", quantised(10), np.ones(10, int)),
])


def several(name, predictions, labels, scores):
    return {
        "name": name, "predictions": predictions, "labels": labels, "scores": scores,
        "zeroDivision0": averages(labels, predictions, 0),
        "zeroDivision1": averages(labels, predictions, 1),
        "auc": one_vs_rest(labels, scores),
    }


def labelled(name, samples, classes, rare=()):
    scores = quantised((samples, classes))
    labels = random.integers(0, 2, (samples, classes))
    labels[:, list(rare)] = 0
    return several(name, (scores >= 0.5) * 1, labels, scores)


none = np.zeros((6, 3), int)
write("several.json", [
    labelled("several labels a sample", 25, 4),
    labelled("a label that no sample has", 12, 3, rare=[1]),
    several("nothing is predicted", none, random.integers(0, 2, (6, 3)), quantised((6, 3))),
    several("nothing is there", random.integers(0, 2, (6, 3)), none, quantised((6, 3))),
    several("neither", none, none, quantised((6, 3))),
])


def curve(name, probabilities, labels, bins):
    of = lambda strategy: dict(zip(
        ["accuracy", "confidence"], calibration.calibration_curve(labels, probabilities, n_bins=bins, strategy=strategy)
    ))
    return {
        "name": name, "probabilities": probabilities, "labels": labels, "bins": bins,
        "uniform": of("uniform"), "quantile": of("quantile"),
        "brier": metrics.brier_score_loss(labels, probabilities),
    }


write("calibration.json", [
    curve("a hundred samples", quantised(100), random.integers(0, 2, 100), 10),
    curve("on the borders of bins", random.integers(0, 9, 40) / 8, random.integers(0, 2, 40), 8),
    curve("empty bins", np.concatenate([quantised(10) / 8, 1 - quantised(10) / 8]), half.repeat(2), 15),
])


def draw_boxes(count, size):
    corner = random.integers(0, 4 * size, (count, 2)) / 4
    extent = random.choice([6, 20, 31.5, 32, 33, 60, 96, 97, 150], (count, 2)) + random.integers(0, 8, (count, 2)) / 4
    return np.hstack([corner, extent])


def draw_image(classes, truths, stray, size=200, crowd=0.15):
    boxes = draw_boxes(truths, size)
    labels = random.integers(0, classes, truths)
    moved = boxes.repeat(2, axis=0)[random.random(2 * truths) < 0.8]
    shift = random.choice([0, 0, 0.25, 1, 2, 5, 12], moved.shape)
    found = np.vstack([np.maximum(moved + shift, 0.25), draw_boxes(stray, size)])
    kinds = np.concatenate([labels.repeat(2)[: len(moved)], random.integers(0, classes, stray)])
    return {
        "truth": {"boxes": boxes, "labels": labels, "crowd": (random.random(truths) < crowd) * 1},
        "found": {"boxes": found, "labels": kinds, "scores": random.integers(1, 65, len(found)) / 64},
    }


def detection(name, classes, images, areas=None):
    truth, found = [], []
    for i, image in enumerate(images):
        for j, (box, label, crowd) in enumerate(zip(*(image["truth"][k] for k in ["boxes", "labels", "crowd"]))):
            area = image["truth"]["areas"][j] if "areas" in image["truth"] else box[2] * box[3]
            truth.append({"id": len(truth) + 1, "image_id": i, "category_id": int(label), "bbox": list(box),
                          "area": area, "iscrowd": int(crowd)})
        for box, label, score in zip(*(image["found"][k] for k in ["boxes", "labels", "scores"])):
            found.append({"image_id": i, "category_id": int(label), "bbox": list(box), "score": score})
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {"images": [{"id": i} for i in range(len(images))], "annotations": truth,
                        "categories": [{"id": c} for c in range(classes)], "info": {}}
        coco.createIndex()
        results = coco.loadRes(found) if found else COCO()
        if not found:
            results.dataset = {**coco.dataset, "annotations": []}
            results.createIndex()
        judge = COCOeval(coco, results, "bbox")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    precision = judge.eval["precision"][:, :, :, 0, 2]
    known = lambda values: values[values > -1].mean() if (values > -1).any() else -1
    return {"name": name, "classes": classes, "images": images, "stats": judge.stats,
            "perClass": [known(precision[:, :, c]) for c in range(classes)]}


empty = {"boxes": [], "labels": []}
crowded = draw_image(2, 4, 130)
areas = draw_image(2, 9, 6)
areas["truth"]["areas"] = areas["truth"]["boxes"][:, 2] * areas["truth"]["boxes"][:, 3] * random.choice([0.2, 0.5, 0.9], 9)
perfect = draw_image(3, 8, 0, crowd=0)
perfect["found"] = {**{k: perfect["truth"][k] for k in ["boxes", "labels"]}, "scores": np.full(8, 0.5)}
write("detection.json", [
    detection("six pictures of three classes", 3, [draw_image(3, 7, 4) for _ in range(6)]),
    detection("more than 100 found in one picture", 2, [crowded]),
    detection("areas of their own", 2, [areas, draw_image(2, 5, 5)]),
    detection("all as it should be", 3, [perfect]),
    detection("many crowds", 2, [draw_image(2, 8, 8, crowd=0.6) for _ in range(4)]),
    detection("a class that is nowhere, pictures without boxes", 4, [
        draw_image(2, 5, 3), {"truth": {**empty, "crowd": []}, "found": {**empty, "scores": []}},
        {"truth": {**empty, "crowd": []}, "found": draw_image(3, 3, 2)["found"]},
        {"truth": draw_image(2, 4, 0)["truth"], "found": {**empty, "scores": []}},
    ]),
    detection("nothing found", 2, [{"truth": draw_image(2, 4, 0)["truth"], "found": {**empty, "scores": []}}]),
    detection("nothing there", 2, [{"truth": {**empty, "crowd": []}, "found": draw_image(2, 3, 3)["found"]}]),
])
