"""Writes maps.json: heat maps of small networks, as PyTorch and the field's programs compute them.

    python make_maps.py

Made with torch 2.15.0, grad-cam 1.5.7 (pytorch-grad-cam), captum 0.9.0, opencv 5.0.0, numpy 2.4.6 and
scipy 1.17.1. Formulas are written out below in float64; the same maps are computed by pytorch-grad-cam
and Captum in float32, and the script stops where they differ by more than AGREED of a map's range.
Parameters and images are hilum_graph::formula's. All arrays are rows, columns, channels.

S is the logit of the target class, A a layer's result (K channels, h x w), G = dS/dA, x the network's
input. What the programs do, where it departs from the papers:

  end of every CAM  max(cam, 0); to 0..1 by (cam - min) / (1e-7 + max); bilinear to the size of the input,
                    half-pixel centres, edges repeated, no antialiasing (cv2.INTER_LINEAR); to 0..1 again.
                    The last step makes the first 1e-7 not matter.
  Grad-CAM          cam = sum_k mean_ij(G[k]) A[k]
  Grad-CAM++        no exp(S): alpha = G^2 / (2 G^2 + sum_ij(A[k]) G^3 + 1e-6), 0 where G is 0; the weight
                    is sum_ij max(G, 0) alpha. Where sum(A) < 0 (no ReLU) the divisor may come near 0.
  HiResCAM          cam = sum_k G A
  Layer-CAM         cam = sum_k max(G, 0) A
  Eigen-CAM         A as places x channels, less each channel's mean over places; cam is its projection on
                    the first right singular vector. The negative half is cut off, and the sign is left to
                    LAPACK: see `eigen_sign`.
  Score-CAM         masks are A[k] brought to the input's size with align_corners, then (m - min) /
                    (max - min + 1e-8); the weight is the softmax over channels of S(x * mask), with nothing
                    subtracted. x is normalised: 0 is the mean colour.
  occlusion         (Captum) windows begin at multiples of the stride, ceil((H - window) / stride) + 1 of them
                    down; the last is cut off at the edge. The value of a place is the mean of
                    S(x) - S(x with the window filled) over the windows that cover it.
  integrated        (Captum) Gauss-Legendre nodes on 0..1; (x - baseline) times the weighed mean of dS/dx.
  gradients         delta = sum - (S(x) - S(baseline)).
  SmoothGrad        mean of the signed dS/dx at x + noise (Captum: NoiseTunnel over Saliency(abs=False)).
                    sigma is SIGMA of the image's max - min, as in the paper; Captum's is absolute.
  of colour images  the map is the sum over channels, of occlusion one channel (all are alike).

maps.json holds

    made_by     versions
    networks    what networks.py describes, and
      targets     the class that is explained, an image each: the first one predicted, then the second best
      logits      an image each
      gradients   {node: [[norm, projection] of A, [norm, projection] of G], ...}, an image each;
                  formula.norm_and_projection under the node's name
      layers      [{"layer", "shape", "maps": {method: [{"raw": before ReLU, at layer size, "map": the end},
                  ...]}}]: an image each; no class is asked by eigen-cam
      occlusion   {"window", "stride", "fill", "maps": [{"raw", "map"}]}; "map" is max(raw, 0) to 0..1
      integrated_gradients  {"steps", "baseline", "delta", "maps"}; the same
      smooth_grad {"samples", "sigma_of_range", "maps"}; "map" is |raw| to 0..1. The noise of sample n is
                  sigma * sqrt(3) * formula.values("noise", ...)[n], in sample, row, column, channel order:
                  of variance 1, so that both sides know it; a run draws from a normal distribution
    architectures  [{"architecture", "input", "targets", "layers": [{"layer", "maps": {method: [raw, ...]}}],
                "peers"}]: two images each through torchvision's networks, the layer by torchvision's name
    resize      [{"from": [h, w], "to": [h, w], "values", "resized"}]: cv2.resize of float32
    road        Rong et al. 2022 by pytorch_grad_cam.metrics.road, without noise: `map` is
                formula.values("road", ...) * 0.5 + 0.5; removed are the places at or above the percentile
    spearman    [{"one", "other", "rho"}] by scipy
    peers       the largest difference to pytorch-grad-cam or Captum, as a share of a map's range; how many
                maps of Eigen-CAM have its sign, the others being compared the other way round
"""

import itertools
import pathlib
import sys

import captum
import cv2
import numpy as np
import pytorch_grad_cam as grad_cam
import scipy
import torch
import torchvision
from captum.attr import IntegratedGradients, LayerGradCam, NoiseTunnel, Occlusion, Saliency
from networks import NETWORKS, Network, formula, images
from pytorch_grad_cam.metrics import road
from pytorch_grad_cam.metrics.perturbation_confidence import RemoveLeastRelevantFirst, RemoveMostRelevantFirst
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

AGREED = 2e-5
# Many layers that have learnt nothing amplify rounding: earlier layers of MobileNetV2 by per cents.
AGREED_UNTRAINED = 3e-4
WINDOW, STRIDE, FILL = 4, 3, 0.25
STEPS = 50
SAMPLES, SIGMA = 6, 0.15
PEERS = {
    "grad-cam": grad_cam.GradCAM,
    "grad-cam++": grad_cam.GradCAMPlusPlus,
    "hires-cam": grad_cam.HiResCAM,
    "layer-cam": grad_cam.LayerCAM,
    "eigen-cam": grad_cam.EigenCAM,
    "score-cam": grad_cam.ScoreCAM,
}


# The formulas. `a` and `g` are K x h x w.


def grad_cam_map(a, g):
    return (g.mean((1, 2))[:, None, None] * a).sum(0)


def grad_cam_plus_plus(a, g):
    alpha = g**2 / (2 * g**2 + a.sum((1, 2))[:, None, None] * g**3 + 1e-6)
    weights = np.where(g > 0, g * alpha, 0).sum((1, 2))
    return (weights[:, None, None] * a).sum(0)


def hires_cam(a, g):
    return (g * a).sum(0)


def layer_cam(a, g):
    return (np.maximum(g, 0) * a).sum(0)


def eigen_sign(rows, cam):
    """-1 where LAPACK would have turned `cam` the other way round, 1 where not.

    LAPACK's Householder vectors turn what they begin with negative, and that decides: the first place of
    matrices with more channels than places, the first channel of others. Between the two lie matrices that
    are a little wider than high, of which it does not take an LQ decomposition first.

    A rule of thumb, found by trying: of 72 slices it fails one at features.18 of MobileNetV2 and none or one
    at three other layers, where the first place is all but 0; of layers with 8 channels one in twenty.
    """
    places, channels = rows.shape
    if channels >= places * 11 // 6 and channels > places:
        return -np.sign(cam[0])
    if channels > places:
        return np.sign(cam[0])
    return -np.sign((rows.T @ cam)[0] * rows[0, 0])


def eigen_cam(a, _):
    rows = a.reshape(a.shape[0], -1).T
    rows = rows - rows.mean(0)
    values, vectors = np.linalg.eigh(rows @ rows.T)
    cam = np.sqrt(values[-1]) * vectors[:, -1]
    return (eigen_sign(rows, cam) * cam).reshape(a.shape[1:])


FORMULAS = {
    "grad-cam": grad_cam_map,
    "grad-cam++": grad_cam_plus_plus,
    "hires-cam": hires_cam,
    "layer-cam": layer_cam,
    "eigen-cam": eigen_cam,
}


def score_cam(network, image, target, a):
    masks = torch.nn.functional.interpolate(
        torch.from_numpy(a)[None], image.shape[1:], mode="bilinear", align_corners=True
    )[0]
    low, high = masks.amin((1, 2), keepdim=True), masks.amax((1, 2), keepdim=True)
    masks = (masks - low) / (high - low + 1e-8)
    with torch.no_grad():
        scores = network(image[None] * masks[:, None])[:, target].numpy()
    weights = np.exp(scores - scores.max())
    return (weights[:, None, None] / weights.sum() * a).sum(0)


def occlusion(network, image, target):
    total, count = np.zeros(image.shape[1:]), np.zeros(image.shape[1:])
    starts = [range(0, -(-(side - WINDOW) // STRIDE) * STRIDE + 1, STRIDE) for side in image.shape[1:]]
    for top, left in itertools.product(*starts):
        hidden = image.clone()
        hidden[:, top : top + WINDOW, left : left + WINDOW] = FILL
        with torch.no_grad():
            both = network(torch.stack([image, hidden]))[:, target]
        total[top : top + WINDOW, left : left + WINDOW] += float(both[0] - both[1])
        count[top : top + WINDOW, left : left + WINDOW] += 1
    return total / count


def gradients_at(network, inputs, target):
    inputs = inputs.detach().requires_grad_()
    return torch.autograd.grad(network(inputs)[:, target].sum(), inputs)[0]


def integrated_gradients(network, image, target):
    nodes, weights = np.polynomial.legendre.leggauss(STEPS)
    alphas = torch.from_numpy((nodes + 1) / 2)[:, None, None, None]
    gradients = gradients_at(network, alphas * image, target)
    mean = (gradients * torch.from_numpy(weights / 2)[:, None, None, None]).sum(0)
    ours = (image * mean).numpy()
    with torch.no_grad():
        ends = network(torch.stack([image, 0 * image]))[:, target]
    return ours.sum(0), ours.sum() - float(ends[0] - ends[1])


def noise(image):
    channels, height, width = image.shape
    drawn = formula.values("noise", SAMPLES * height * width * channels)
    drawn = drawn.reshape(SAMPLES, height, width, channels).transpose(0, 3, 1, 2)
    sigma = SIGMA * float(image.max() - image.min())
    return torch.from_numpy(sigma * np.sqrt(3) * drawn.astype(np.float64))


def smooth_grad(network, image, target):
    return gradients_at(network, image + noise(image), target).mean(0).sum(0).numpy()


def to_one(values):
    values = values - values.min()
    return values / (1e-7 + values.max())


def resize(values, height, width):
    """Bilinear, half-pixel centres, edges repeated."""
    for axis, size in enumerate((height, width)):
        old = values.shape[axis]
        at = (np.arange(size) + 0.5) * old / size - 0.5
        floor = np.floor(at)
        share = (at - floor).reshape((-1, 1) if axis == 0 else (1, -1))
        first, second = (np.clip(floor + step, 0, old - 1).astype(int) for step in (0, 1))
        values = values.take(first, axis) * (1 - share) + values.take(second, axis) * share
    return values


def finished(cam, height, width):
    return to_one(resize(to_one(np.maximum(cam, 0)), height, width))


# What the field's programs say.


class Peers:
    """The same network in float32, and the largest differences so far."""

    def __init__(self, description):
        self.name = description["name"]
        self.network = Network(description, torch.float32)
        self.differences = {}
        self.signs = []

    def turned(self, ours, theirs):
        """Whether LAPACK did not follow `eigen_sign`; counted."""
        turned = np.abs(ours - theirs).max() > AGREED
        self.signs.append(not turned)
        return turned

    def compare(self, what, ours, theirs):
        assert np.isfinite(ours).all() and np.isfinite(theirs).all(), what
        if np.ptp(ours) == 0:
            assert np.ptp(theirs) == 0, f"{self.name} {what}: signal in one of two"
            print(f"{self.name} {what}: no signal, as in the peer", file=sys.stderr)
            return
        difference = float(np.abs(ours - theirs).max() / np.ptp(ours))
        assert difference < AGREED, f"{self.name} {what}: differs by {difference:.1e}"
        program = what.split()[0]
        self.differences[program] = max(self.differences.get(program, 0.0), difference)

    def cam(self, method, layer, batch, targets):
        asked = [ClassifierOutputTarget(target) for target in targets]
        with PEERS[method](self.network, [self.network.layers[layer]]) as cam:
            return cam(batch.float(), asked)

    def raw_grad_cam(self, layer, batch, targets):
        cam = LayerGradCam(self.network, self.network.layers[layer])
        return cam.attribute(batch.float(), targets).detach().numpy()[:, 0]

    def occlusion(self, batch, targets):
        channels = batch.shape[1]
        found = Occlusion(self.network).attribute(
            batch.float(), (channels, WINDOW, WINDOW), (channels, STRIDE, STRIDE), FILL, targets
        )
        return found.numpy()[:, 0]

    def integrated_gradients(self, batch, targets):
        found, delta = IntegratedGradients(self.network).attribute(
            batch.float(), target=targets, n_steps=STEPS, return_convergence_delta=True
        )
        return found.detach().numpy().sum(1), delta.detach().numpy()

    def smooth_grad(self, batch, targets):
        def add_noise(inputs, _, count):
            assert count == SAMPLES
            return torch.cat([image + noise(image).float() for image in inputs])

        tunnel = NoiseTunnel(Saliency(self.network))
        tunnel._add_noise_to_input = add_noise
        found = tunnel.attribute(batch.float(), nt_samples=SAMPLES, target=targets, abs=False)
        return found.detach().numpy().sum(1)


# One network.


def flat(values):
    return [float(f"{value:.7g}") for value in np.asarray(values, np.float64).ravel()]


def entry(raw, finished_map):
    return {"raw": flat(raw), "map": flat(finished_map)}


def pass_of(network, image, target):
    """Results and gradients of all nodes for one image, C x H x W each."""
    image = image[None].clone().requires_grad_()
    results = network.run(image)
    for result in results.values():
        result.retain_grad()
    results[network.nodes[-1]["name"]][0, target, 0, 0].backward()
    results.pop("input")
    return {name: (result.detach()[0].numpy(), result.grad[0].numpy()) for name, result in results.items()}


def projections(passed):
    def both(name, values):
        return flat(formula.norm_and_projection(name, np.ascontiguousarray(values.transpose(1, 2, 0))))

    return {name: [both(name, a), both(name, g)] for name, (a, g) in passed.items()}


def maps_of_layer(network, peers, layer, batch, targets, passes):
    size = batch.shape[2:]
    raws = {method: [cam(*passed[layer]) for passed in passes] for method, cam in FORMULAS.items()}
    raws["score-cam"] = [
        score_cam(network, image, target, passed[layer][0])
        for image, target, passed in zip(batch, targets, passes)
    ]
    for ours, theirs in zip(raws["grad-cam"], peers.raw_grad_cam(layer, batch, targets)):
        peers.compare(f"grad-cam of captum at {layer}", ours, theirs)
    maps = {}
    for method, cams in raws.items():
        maps[method] = [entry(cam, finished(cam, *size)) for cam in cams]
        for number, (cam, theirs) in enumerate(zip(cams, peers.cam(method, layer, batch, targets))):
            ours = finished(cam, *size)
            if method == "eigen-cam" and peers.turned(ours, theirs):
                ours = finished(-cam, *size)
            peers.compare(f"{method} at {layer} of image {number}", ours, theirs)
    a = passes[0][layer][0]
    return {"layer": layer, "shape": [*a.shape[1:], a.shape[0]], "maps": maps}


def maps_of_input(network, peers, batch, targets):
    pairs = list(zip(batch, targets))
    hidden = [occlusion(network, *pair) for pair in pairs]
    integrated, deltas = zip(*(integrated_gradients(network, *pair) for pair in pairs))
    smooth = [smooth_grad(network, *pair) for pair in pairs]
    theirs, their_deltas = peers.integrated_gradients(batch, targets)
    for what, ours, others in [
        ("occlusion", hidden, peers.occlusion(batch, targets)),
        ("integrated-gradients", integrated, theirs),
        ("smooth-grad", smooth, peers.smooth_grad(batch, targets)),
    ]:
        for our, other in zip(ours, others):
            peers.compare(what, our, other)
    assert np.allclose(deltas, their_deltas, atol=1e-5)
    positive = lambda raws: [entry(raw, to_one(np.maximum(raw, 0))) for raw in raws]
    return {
        "occlusion": {
            "window": [WINDOW, WINDOW], "stride": [STRIDE, STRIDE], "fill": FILL, "maps": positive(hidden),
        },
        "integrated_gradients": {
            "steps": STEPS, "baseline": 0.0, "delta": flat(deltas), "maps": positive(integrated),
        },
        "smooth_grad": {
            "samples": SAMPLES, "sigma_of_range": SIGMA,
            "maps": [entry(raw, to_one(np.abs(raw))) for raw in smooth],
        },
    }


def reference(build):
    nodes, layers = build()
    description = nodes.described()
    network, peers = Network(description, torch.float64), Peers(description)
    batch = images(2, *description["input"], torch.float64)
    with torch.no_grad():
        logits = network(batch).numpy()
    order = np.argsort(-logits, axis=1)
    targets = [int(order[0, 0]), int(order[1, 1])]
    passes = [pass_of(network, image, target) for image, target in zip(batch, targets)]
    description |= {
        "targets": targets,
        "logits": [flat(row) for row in logits],
        "gradients": [projections(passed) for passed in passes],
        "layers": [maps_of_layer(network, peers, layer, batch, targets, passes) for layer in layers],
    }
    description |= maps_of_input(network, peers, batch, targets)
    return description, peers, network, batch, targets


# torchvision's networks.

ARCHITECTURES = {
    "mobilenet-v2": (torchvision.models.mobilenet_v2, ["features.18"]),
    "resnet-18": (torchvision.models.resnet18, ["layer4", "layer3"]),
    "efficientnet-b0": (torchvision.models.efficientnet_b0, ["features.8"]),
    "squeezenet-1.1": (torchvision.models.squeezenet1_1, ["features.12"]),
}
SIZE = (128, 160, 3)


def torchvisions(build, dtype):
    network = build(num_classes=4)
    for name, tensor in network.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            tensor.copy_(torch.from_numpy(formula.parameter(name, list(tensor.shape))))
    return network.to(dtype).eval()


def layer_pass(network, name, image, target):
    """A module's result and gradient for one image."""
    kept = []

    def keep(_, __, result):
        result.retain_grad()
        # What comes next may work in place.
        kept.extend([result, result.detach().clone()])

    handle = network.get_submodule(name).register_forward_hook(keep)
    network(image[None])[0, target].backward()
    handle.remove()
    return kept[1][0].numpy(), kept[0].grad[0].numpy()


def architecture(name):
    build, layers = ARCHITECTURES[name]
    network, single = torchvisions(build, torch.float64), torchvisions(build, torch.float32)
    batch = images(2, *SIZE, torch.float64)
    with torch.no_grad():
        order = np.argsort(-network(batch).numpy(), axis=1)
    targets = [int(order[0, 0]), int(order[1, 1])]
    found, largest = [], 0.0
    for layer in layers:
        maps = {}
        for method, cam in FORMULAS.items():
            raws = [cam(*layer_pass(network, layer, *pair)) for pair in zip(batch, targets)]
            asked = [ClassifierOutputTarget(target) for target in targets]
            with PEERS[method](single, [single.get_submodule(layer)]) as peer:
                theirs = peer(batch.float(), asked)
            for raw, other in zip(raws, theirs):
                ours = finished(raw, *SIZE[:2])
                if method == "eigen-cam" and np.abs(ours - other).max() > 0.1:
                    print(f"{name} {layer}: another sign", file=sys.stderr)
                    ours = finished(-raw, *SIZE[:2])
                assert np.ptp(ours) > 0, f"{name} {layer} {method}: no signal"
                difference = float(np.abs(ours - other).max())
                largest = max(largest, float(f"{difference:.1e}"))
            maps[method] = [flat(raw) for raw in raws]
        found.append({"layer": layer, "maps": maps})
    assert largest < AGREED_UNTRAINED, f"{name}: differs by {largest}"
    return {"architecture": name, "input": SIZE, "targets": targets, "layers": found, "peers": largest}


# What does not belong to one method.


def resizing():
    cases = []
    for old, new in [((7, 5), (13, 9)), ((4, 3), (15, 11)), ((7, 7), (224, 180)), ((9, 12), (4, 5)), ((1, 3), (5, 1))]:
        values = formula.values("resize", old[0] * old[1]).reshape(old)
        theirs = cv2.resize(values, new[::-1])
        assert np.abs(resize(values.astype(np.float64), *new) - theirs).max() < 1e-6
        if new[0] * new[1] < 1000:
            cases.append({"from": old, "to": new, "values": flat(values), "resized": flat(theirs)})
    return cases


def heat(height, width):
    return (0.5 * formula.values("road", height * width).astype(np.float64) + 0.5).reshape(height, width)


def road_of(name, network, image, target):
    heat_map = torch.from_numpy(heat(*image.shape[1:]))
    imputer = road.NoisyLinearImputer(noise=0.0)
    cases, scores = [], {"most": [], "least": []}
    with torch.no_grad():
        before = float(network(image[None])[0, target])
        for percentile in range(10, 100, 10):
            for order, remove in [("most", RemoveMostRelevantFirst), ("least", RemoveLeastRelevantFirst)]:
                imputed = remove(percentile, imputer)(image.float(), heat_map).double()
                score = float(network(imputed[None])[0, target]) - before
                case = {"percentile": percentile, "order": order, "score": float(f"{score:.6g}")}
                if percentile in (20, 80):
                    case["imputed"] = flat(imputed.permute(1, 2, 0))
                scores[order].append(score)
                cases.append(case)
    most, least = np.mean(scores["most"]), np.mean(scores["least"])
    averages = flat([most, least, (least - most) / 2])
    return {"network": name, "cases": cases} | dict(
        zip(["average_most", "average_least", "combined"], averages)
    )


def rank_correlations():
    cases = []
    for count, digits in [(12, 7), (30, 1), (25, 0)]:
        one = np.round(formula.values("one", count).astype(np.float64), digits)
        other = np.round(one + formula.values("other", count), digits)
        rho = scipy.stats.spearmanr(one, other).statistic
        cases.append({"one": flat(one), "other": flat(other), "rho": float(f"{rho:.9g}")})
    return cases


def main():
    torch.set_num_threads(1)
    found = [reference(build) for build in NETWORKS]
    descriptions = [description for description, *_ in found]
    differences = {}
    for _, peers, *_ in found:
        for method, difference in peers.differences.items():
            differences[method] = max(differences.get(method, 0.0), float(f"{difference:.1e}"))
    signs = [sign for _, peers, *_ in found for sign in peers.signs]
    differences["eigen-cam signs"] = f"{sum(signs)} of {len(signs)} as LAPACK's"
    name, (_, _, network, batch, targets) = descriptions[0]["name"], found[0]
    versions = {"torch": torch.__version__, "captum": captum.__version__, "opencv": cv2.__version__,
                "numpy": np.__version__, "scipy": scipy.__version__, "grad-cam": "1.5.7"}
    path = pathlib.Path(__file__).parent / "maps.json"
    formula.write(path, {
        "made_by": versions,
        "networks": descriptions,
        "architectures": [architecture(name) for name in ARCHITECTURES],
        "resize": resizing(),
        "road": road_of(name, network, batch[0], targets[0]),
        "spearman": rank_correlations(),
        "peers": differences,
    })
    print(differences, path.stat().st_size, file=sys.stderr)


if __name__ == "__main__":
    main()
