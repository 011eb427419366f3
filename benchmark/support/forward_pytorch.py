"""Measures PyTorch's forward pass on the CPU, eager and float32: the other side of the quantisation benchmark.

python forward_pytorch.py --arch resnet50 --batch 8 --size 224 --layout nchw

Prints "ready"; then, for each line with a number of batches, the milliseconds that they took. Bytes in, feature out, as in our
model file: normalisation is part of it. BatchNorms are those of a trained network in eval mode, which eager PyTorch
does not fold. Needs torch and torchvision.
"""
import argparse, sys, time
import torch
from train_pytorch import NETWORKS, normalised, pictures

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--arch", choices=NETWORKS, required=True)
parser.add_argument("--batch", type=int, required=True, help="images a batch")
parser.add_argument("--size", type=int, required=True, help="pixels of a side")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--layout", choices=["nchw", "nhwc"], default="nchw", help="order of values in memory")
args = parser.parse_args()

torch.manual_seed(1)
torch.set_num_threads(args.threads)
layout = torch.channels_last if args.layout == "nhwc" else torch.contiguous_format
net = NETWORKS[args.arch]().eval().to(memory_format=layout)
images = pictures(args.batch, args.size)
with torch.inference_mode():
    net(normalised(images, layout))
    print("ready", flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        for _ in range(int(line)):
            net(normalised(images, layout))
        print(1000 * (time.perf_counter() - start), flush=True)
