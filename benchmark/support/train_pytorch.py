"""Measures PyTorch's training step on the CPU: the other side of the training benchmark.

python train_pytorch.py --arch resnet50 --batch 16 --size 224 --bn frozen --steps 5

Prints one line of JSON: imagesPerSecond (the median over the steps after two that warm up), peakMemoryMiB (of the
process, with Python and PyTorch themselves in it) and torch (the version). Needs torch and torchvision, on Linux. A step
is uint8 images in, normalised, network, label-smoothed cross-entropy, backward, SGD with Nesterov momentum. PyTorch gets
what is fast for it: the channel order that --layout asks for, ReLUs in place, and no copy of an image only to pad it.
Run it on an idle machine and without nice: threads that wait for each other lose tenfold when others take their cores.
"""
import argparse, importlib.util, json, math, os, resource, statistics, time
import torch
from torch import nn
from torch.nn import functional as F
from torchvision import models

CLASSES = 91
SMOOTHING = 0.1

def same_convolution(conv, x):
    """TensorFlow's SAME padding, copying the image only where the two sides differ."""
    k, s = conv.kernel_size[0], conv.stride[0]
    height, width = (max((math.ceil(size / s) - 1) * s + k - size, 0) for size in x.shape[2:])
    if height % 2 or width % 2:
        x = F.pad(x, (width // 2, width - width // 2, height // 2, height - height // 2))
        height = width = 0
    return F.conv2d(x, conv.weight, None, conv.stride, (height // 2, width // 2), 1, conv.groups)

def efficientnet_lite0():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../test/fixtures/nn/generate.py")
    spec = importlib.util.spec_from_file_location("networks", path)
    networks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(networks)
    networks.Same.forward = same_convolution
    networks.relu6 = lambda x: F.relu6(x, inplace=True)
    return nn.Sequential(networks.EfficientNetLite0(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, CLASSES))

NETWORKS = {
    "resnet18": lambda: models.resnet18(num_classes=CLASSES),
    "resnet50": lambda: models.resnet50(num_classes=CLASSES),
    "efficientnet-lite0": efficientnet_lite0,
}

def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", choices=NETWORKS, required=True)
    parser.add_argument("--batch", type=int, required=True, help="images a step")
    parser.add_argument("--size", type=int, required=True, help="pixels of a side")
    parser.add_argument("--bn", choices=["batch", "frozen"], required=True, help="statistics of the batch, or the stored ones")
    parser.add_argument("--steps", type=int, required=True, help="steps measured, after the two that warm up")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--layout", choices=["nchw", "nhwc"], default="nchw", help="order of values in memory")
    return parser.parse_args()

def optimiser(net):
    weights = [p for p in net.parameters() if p.dim() > 1]
    others = [p for p in net.parameters() if p.dim() <= 1]
    groups = [{"params": weights, "weight_decay": 5e-4}, {"params": others, "weight_decay": 0}]
    return torch.optim.SGD(groups, lr=0.001, momentum=0.9, nesterov=True)

def normalised(images, layout):
    mean = torch.tensor([0.485, 0.456, 0.406]) * 255
    std = torch.tensor([0.229, 0.224, 0.225]) * 255
    return images.float().sub_(mean).div_(std).permute(0, 3, 1, 2).contiguous(memory_format=layout)

def pictures(count, size):
    return torch.randint(0, 256, (count, size, size, 3), dtype=torch.uint8)

def freeze(net, images, layout):
    """Stores the statistics of a few images and stays with them: with those of a new network, values grow past bounds."""
    norms = [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)]
    for module in norms:
        module.momentum = 1
    with torch.no_grad():
        net(normalised(images, layout))
    for module in norms:
        module.eval()

def step(net, sgd, images, labels, layout):
    sgd.zero_grad()
    # PyTorch spreads its smoothing over all classes, the label's own too.
    smoothing = SMOOTHING * CLASSES / (CLASSES - 1)
    loss = F.cross_entropy(net(normalised(images, layout)), labels, label_smoothing=smoothing)
    loss.backward()
    sgd.step()
    return loss.item()

def main():
    options = arguments()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    layout = torch.channels_last if options.layout == "nhwc" else torch.contiguous_format
    net = NETWORKS[options.arch]().to(memory_format=layout).train()
    if options.bn == "frozen":
        freeze(net, pictures(min(options.batch, 4), options.size), layout)
    sgd, seconds = optimiser(net), []
    for _ in range(2 + options.steps):
        images, labels = pictures(options.batch, options.size), torch.randint(0, CLASSES, (options.batch,))
        start = time.perf_counter()
        loss = step(net, sgd, images, labels, layout)
        seconds.append(time.perf_counter() - start)
        assert math.isfinite(loss), "arithmetic on infinities has another speed"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rate = options.batch / statistics.median(seconds[2:])
    print(json.dumps({"imagesPerSecond": round(rate, 3), "peakMemoryMiB": round(peak, 1), "torch": torch.__version__}))

if __name__ == "__main__":
    main()
