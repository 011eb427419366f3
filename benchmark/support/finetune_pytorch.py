"""Trains with PyTorch as `snapshelf train` does: the other side of the training figures in docs/figures.md.

python finetune_pytorch.py --train grocery/train clothing/train --query grocery/val clothing/validation --weights lite0.pth
python finetune_pytorch.py --arch resnet18 --lr 0.1 --classifier 1 --decay 5e-4 --size 112 --epochs 4 ...

The recipe is `finetune` of src/train/recipe.ts, with torchvision's transforms; order and crops are drawn by PyTorch. Prints
the loss of every hundredth of the run, then Recall@1 of each query folder in its training folder, cosine and L2.
Needs torch, torchvision and pillow.
"""
import argparse, importlib.util, math, os, pathlib
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F
from torchvision import models, transforms

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--train", nargs="+", required=True, help="folders with a folder a label")
parser.add_argument("--query", nargs="+", required=True)
parser.add_argument("--arch", default="efficientnet-lite0", choices=["efficientnet-lite0", "resnet18"])
parser.add_argument("--weights")
for name, default in {"lr": 0.02, "classifier": 10.0, "decay": 1e-4}.items():
    parser.add_argument(f"--{name}", type=float, default=default)
for name, default in {"epochs": 12, "size": 160, "seed": 1, "threads": 2, "short": 224, "test": 208}.items():
    parser.add_argument(f"--{name}", type=int, default=default)
options = parser.parse_args()
torch.manual_seed(options.seed)
torch.set_num_threads(options.threads)

def files(folder):
    found = sorted(p for p in pathlib.Path(folder).rglob("*") if p.suffix.lower() in {".jpg", ".jpeg", ".png"})
    return [(str(p), f"{folder}:{p.parent.relative_to(folder)}") for p in found]

def load(path):
    return transforms.functional.resize(Image.open(path).convert("RGB"), options.short, transforms.InterpolationMode.BICUBIC)

normalise = transforms.Compose([transforms.ToTensor(), transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])
augment = transforms.Compose([
    transforms.RandomResizedCrop(options.size, (0.25, 1)), transforms.RandomHorizontalFlip(),
    transforms.ColorJitter(brightness=0.3), normalise])
test = transforms.Compose([transforms.CenterCrop(options.test), normalise])

def network():
    if options.arch == "resnet18":
        net = models.resnet18(zero_init_residual=True)
        net.fc = nn.Identity()
        return net, 512
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../test/fixtures/nn/generate.py")
    spec = importlib.util.spec_from_file_location("networks", path)
    networks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(networks)
    networks.relu6 = F.relu6
    body = networks.EfficientNetLite0()
    if options.weights:
        body.load_state_dict(torch.load(options.weights, weights_only=True), strict=False)
    return nn.Sequential(body, nn.AdaptiveAvgPool2d(1), nn.Flatten()), 1280

def recall(net, gallery, queries):
    def embed(samples):
        with torch.no_grad():
            return torch.cat([net(torch.stack([test(load(p)) for p, _ in samples[i:i + 16]])) for i in range(0, len(samples), 16)])
    net.eval()
    g, q = embed(gallery), embed(queries)
    labels = [label.split(":", 1)[1] for _, label in gallery]
    hit = lambda best: sum(labels[i] == label.split(":", 1)[1] for i, (_, label) in zip(best.tolist(), queries)) / len(queries)
    return hit((F.normalize(q) @ F.normalize(g).T).argmax(1)), hit(torch.cdist(q.double(), g.double()).argmin(1))

sources = [files(folder) for folder in options.train]
samples = sum(sources, [])
classes = {label: i for i, label in enumerate(sorted({label for _, label in samples}))}
cache = [(load(path), classes[label]) for path, label in samples]
net, features = network()
head = nn.Linear(features, len(classes))
nn.init.zeros_(head.weight), nn.init.zeros_(head.bias)
weights = lambda module: [p for p in module.parameters() if p.dim() > 1]
others = lambda module: [p for p in module.parameters() if p.dim() <= 1]
groups = [(weights(net), options.decay, 1), (others(net), 0, 1), (weights(head), options.decay, options.classifier), (others(head), 0, options.classifier)]
optimiser = torch.optim.SGD([{"params": p, "weight_decay": d, "times": t} for p, d, t in groups], lr=1, momentum=0.9, nesterov=True)
per_epoch = len(cache) // 32
steps, step, losses = options.epochs * per_epoch, 0, []
for epoch in range(options.epochs):
    net.train()
    order = torch.randperm(len(cache)).tolist()
    for at in range(per_epoch):
        batch = [cache[i] for i in order[at * 32:(at + 1) * 32]]
        lr = options.lr * min((step + 1) / 100, 0.5 * (1 + math.cos(math.pi * step / steps)))
        for group in optimiser.param_groups:
            group["lr"] = lr * group["times"]
        images, labels = torch.stack([augment(image) for image, _ in batch]), torch.tensor([label for _, label in batch])
        logits = F.log_softmax(head(net(images)), 1)
        smooth = torch.full_like(logits, 0.1 / (len(classes) - 1)).scatter_(1, labels[:, None], 0.9)
        loss = -(smooth * logits).sum(1).mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        step += 1
        losses.append(loss.item())
        if len(losses) >= steps / 100 or step == steps:
            print(f"epoch {epoch + 1}, step {step}/{steps}: loss {sum(losses) / len(losses):.3f}", flush=True)
            losses = []
for gallery, folder in zip(sources, options.query):
    cosine, l2 = recall(net, gallery, files(folder))
    print(f"{folder}: Recall@1 {100 * cosine:.1f} cosine, {100 * l2:.1f} L2", flush=True)
