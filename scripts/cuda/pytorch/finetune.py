"""finetune_pytorch.py on CUDA: the same recipe, PIL transforms in DataLoader workers.
python finetune.py --data DATA --cache CACHE --weights lite0.pth --seed 1 --bn-momentum 0.1 --out DIR"""
import argparse, json, math, os, time, pathlib
import numpy as np, torch
from multiprocessing.pool import Pool
from PIL import Image
from torch import nn
from torchvision import transforms
import nets, bench_data

ap = argparse.ArgumentParser()
for n in ["data", "cache", "weights", "out"]: ap.add_argument(f"--{n}", required=True)
ap.add_argument("--device", default="cuda"); ap.add_argument("--workers", type=int, default=4)
for n, d in {"lr": 0.02, "classifier": 10.0, "decay": 1e-4, "bn-momentum": 0.1}.items(): ap.add_argument(f"--{n}", type=float, default=d)
for n, d in {"epochs": 12, "size": 160, "seed": 1, "limit": 10**9}.items(): ap.add_argument(f"--{n}", type=int, default=d)
ap.add_argument("--no-tf32", action="store_true")
ap.add_argument("--evaluate", help="only judge these weights")
o = ap.parse_args()
torch.manual_seed(o.seed); torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", 2)))
torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = not o.no_tf32
dev = torch.device(o.device); os.makedirs(o.out, exist_ok=True)
tag = f"pytorch-bn{o.bn_momentum}-seed{o.seed}{'-notf32' if o.no_tf32 else ''}"
nets.bn.momentum = o.bn_momentum

def say(**r):
    line = json.dumps(r); print(line, flush=True)
    if os.environ.get("RESULTS"): open(os.environ["RESULTS"], "a").write(line + "\n")

def load(path):
    return transforms.functional.resize(Image.open(path).convert("RGB"), 224, transforms.InterpolationMode.BICUBIC)

augment = transforms.Compose([
    transforms.RandomResizedCrop(o.size, (0.25, 1)), transforms.RandomHorizontalFlip(),
    transforms.ColorJitter(brightness=0.3), transforms.PILToTensor()])

class Photos(torch.utils.data.Dataset):
    def __init__(self, images, labels): self.images, self.labels = images, labels
    def __len__(self): return len(self.images)
    def __getitem__(self, i): return augment(self.images[i]), self.labels[i]

def judge(net, tag, **more):
    data = bench_data.Data(o.cache, dev, train=False, kinds=("e208",))
    net.eval(); keep = {}
    figures = bench_data.judge(data, net, "e208", home_only=True, keep=keep)
    np.savez_compressed(f"{o.out}/{tag}.hits.npz", **keep)
    say(test="finetune", who=tag, **more, **figures)

def main():
    if o.evaluate:
        net = nets.lite0(o.evaluate).to(dev)
        return judge(net, "judged-" + o.evaluate.replace("/", "_"))
    start = time.time()
    lists = [json.load(open(f"{o.cache}/{s}.json")) for s in bench_data.TRAIN]
    samples = [(p, f"{s}:{l}") for s, found in zip(bench_data.TRAIN, lists) for p, l in found]
    classes = {l: i for i, l in enumerate(sorted({l for _, l in samples}))}
    with Pool(8) as pool: images = pool.map(load, [p for p, _ in samples], chunksize=32)
    labels = [classes[l] for _, l in samples]
    print(f"{len(images)} pictures, {len(classes)} classes, {time.time() - start:.1f} s", flush=True)
    net = nets.lite0(o.weights).to(dev); head = nn.Linear(1280, len(classes)).to(dev)
    nn.init.zeros_(head.weight), nn.init.zeros_(head.bias)
    big = lambda m: [p for p in m.parameters() if p.dim() > 1]
    small = lambda m: [p for p in m.parameters() if p.dim() <= 1]
    groups = [(big(net), o.decay, 1), (small(net), 0, 1), (big(head), o.decay, o.classifier), (small(head), 0, o.classifier)]
    sgd = torch.optim.SGD([{"params": p, "weight_decay": d, "times": t} for p, d, t in groups], lr=1, momentum=0.9, nesterov=True)
    loader = torch.utils.data.DataLoader(Photos(images, labels), batch_size=32, shuffle=True, drop_last=True, num_workers=o.workers, persistent_workers=o.workers > 0, pin_memory=o.device == "cuda")
    per_epoch = len(images) // 32; steps, step = o.epochs * per_epoch, 0
    mean, std = bench_data.MEAN.to(dev).view(1, 3, 1, 1), bench_data.STD.to(dev).view(1, 3, 1, 1)
    begun = time.time(); net.train(); losses = []
    for epoch in range(o.epochs):
        total = torch.zeros((), device=dev)
        for x, y in loader:
            x, y = (x.to(dev).float() - mean) / std, y.to(dev)
            lr = o.lr * min((step + 1) / 100, 0.5 * (1 + math.cos(math.pi * step / steps)))
            for group in sgd.param_groups: group["lr"] = lr * group["times"]
            logits = torch.log_softmax(head(net(x)), 1)
            smooth = torch.full_like(logits, 0.1 / (len(classes) - 1)).scatter_(1, y[:, None], 0.9)
            loss = -(smooth * logits).sum(1).mean()
            sgd.zero_grad(set_to_none=True); loss.backward(); sgd.step()
            total += loss.detach(); step += 1
        losses.append(round((total / per_epoch).item(), 4))
        print(f"{tag} epoch {epoch + 1}: loss {losses[-1]}, {time.time() - begun:.0f} s", flush=True)
    seconds = time.time() - begun
    from safetensors.torch import save_file
    state = {k: v.float().contiguous().cpu() for k, v in net.state_dict().items() if "num_batches" not in k}
    save_file(state, f"{o.out}/{tag}.safetensors")
    judge(net, tag, losses=losses, seconds=round(seconds, 1))

if __name__ == "__main__": main()
