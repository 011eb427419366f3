"""Cached photographs on the device, crops on the device, and Recall@1."""
import json, os, numpy as np, torch
from torch.nn import functional as F
MEAN = torch.tensor([0.485, 0.456, 0.406]) * 255
STD = torch.tensor([0.229, 0.224, 0.225]) * 255
TRAIN = ["grocery-train", "clothing-train"]
EVAL = ["grocery-train", "clothing-train", "grocery-val", "clothing-validation", "grocery-iconic", "unseen-goods", "unseen-coins"]

class Data:
    def __init__(self, folder, dev, train=True, kinds=("e224", "e208")):
        self.dev, self.folder = dev, folder
        self.labels = {s: [l for _, l in json.load(open(f"{folder}/{s}.json"))] for s in EVAL}
        self.paths = {s: [p for p, _ in json.load(open(f"{folder}/{s}.json"))] for s in EVAL}
        self.eval = {(s, k): torch.from_numpy(np.load(f"{folder}/{s}.{k}.npy")).to(dev) for s in EVAL for k in kinds}
        names = sorted({f"{s}:{l}" for s in TRAIN for l in self.labels[s]})
        number = {n: i for i, n in enumerate(names)}
        self.classes = len(names)
        self.y = torch.tensor([number[f"{s}:{l}"] for s in TRAIN for l in self.labels[s]], device=dev)
        if train:
            self.full = torch.cat([torch.from_numpy(np.load(f"{folder}/{s}.full.npy")).to(dev) for s in TRAIN])
            self.hw = torch.cat([torch.from_numpy(np.load(f"{folder}/{s}.hw.npy")).to(dev) for s in TRAIN]).float()
        self.mean, self.std = MEAN.to(dev).view(1, 3, 1, 1), STD.to(dev).view(1, 3, 1, 1)

    def norm(self, x):
        return (x - self.mean) / self.std

def boxes(hw, area, ratio=(3 / 4, 4 / 3), gen=None):
    """torchvision's RandomResizedCrop, all pictures at once: top, left, height, width."""
    n, dev = len(hw), hw.device
    h, w = hw[:, :1], hw[:, 1:]
    rand = lambda *s: torch.rand(*s, device=dev, generator=gen)
    target = h * w * (area[0] + (area[1] - area[0]) * rand(n, 10))
    lo, hi = np.log(ratio[0]), np.log(ratio[1])
    prop = torch.exp(lo + (hi - lo) * rand(n, 10))
    cw, ch = (target * prop).sqrt().round(), (target / prop).sqrt().round()
    ok = (cw > 0) & (cw <= w) & (ch > 0) & (ch <= h)
    first = ok.float().argmax(1, keepdim=True)
    cw, ch = cw.gather(1, first), ch.gather(1, first)
    none = ~ok.any(1, keepdim=True)
    fw = torch.where(w / h > ratio[1], (h * ratio[1]).round(), w); fh = torch.where(w / h < ratio[0], (w / ratio[0]).round(), h)
    cw, ch = torch.where(none, fw, cw), torch.where(none, fh, ch)
    top = torch.where(none, ((h - ch) / 2).floor(), (rand(n, 1) * (h - ch + 1)).floor())
    left = torch.where(none, ((w - cw) / 2).floor(), (rand(n, 1) * (w - cw + 1)).floor())
    return top, left, ch, cw

def taps(start, length, size, total):
    """PIL's bilinear weights with antialiasing: [n, size, total]."""
    scale = length / size
    wide = scale.clamp(min=1)
    centre = start + (torch.arange(size, device=start.device) + 0.5) * scale
    at = torch.arange(total, device=start.device).view(1, 1, -1) + 0.5
    w = (1 - (at - centre[:, :, None]).abs() / wide[:, :, None]).clamp(min=0)
    w = w * ((at > start[:, :, None]) & (at < (start + length)[:, :, None]))
    return w / w.sum(2, keepdim=True)

def crops(data, index, sizes, area=(0.25, 1), bright=0.3, contrast=0.0, saturation=0.0, gen=None):
    """The same random crops at each of some sizes: float [n,3,S,S] in 0..255."""
    img = data.full[index].permute(0, 3, 1, 2).float()
    n, total, dev = len(index), img.shape[-1], img.device
    rand = lambda: torch.rand(n, 1, 1, 1, device=dev, generator=gen)
    top, left, h, w = boxes(data.hw[index], area, gen=gen)
    flip = rand() < 0.5
    b, c, s = (1 + k * (2 * rand() - 1) for k in (bright, contrast, saturation))
    out = []
    for size in sizes:
        wy, wx = taps(top, h, size, total), taps(left, w, size, total)
        x = torch.matmul(torch.matmul(wy[:, None], img), wx[:, None].transpose(2, 3)).round()
        x = torch.where(flip, x.flip(3), x)
        x = (x * b).clamp(0, 255)
        if contrast or saturation:
            grey = (x * torch.tensor([0.299, 0.587, 0.114], device=dev).view(1, 3, 1, 1)).sum(1, keepdim=True)
            x = ((x - grey) * s + grey).clamp(0, 255)
            x = ((x - grey.mean((2, 3), keepdim=True)) * c + grey.mean((2, 3), keepdim=True)).clamp(0, 255)
        out.append(x)
    return out

@torch.no_grad()
def embed(data, fn, which, kind="e224", batch=512):
    pixels = data.eval[which, kind]
    return torch.cat([fn(data.norm(pixels[i:i + batch].permute(0, 3, 1, 2).float())).float() for i in range(0, len(pixels), batch)])

def hits(q, ql, g, gl, metric, own=False):
    if metric == "cosine":
        s = F.normalize(q.double()) @ F.normalize(g.double()).T
    else:
        s = -torch.cdist(q.double(), g.double())
    if own: s.fill_diagonal_(-float("inf"))
    best = s.argmax(1).tolist()
    return np.array([gl[b] == l for b, l in zip(best, ql)])

def map_at_r(q, ql, g, gl, own=False):
    s = F.normalize(q.double()) @ F.normalize(g.double()).T
    if own: s.fill_diagonal_(-float("inf"))
    number = {l: i for i, l in enumerate(sorted(set(gl) | set(ql)))}
    a, b = torch.tensor([number[l] for l in ql], device=q.device), torch.tensor([number[l] for l in gl], device=q.device)
    same = (a[:, None] == b[None]); 
    if own: same.fill_diagonal_(False)
    order = s.argsort(1, descending=True); rel = same.gather(1, order).double()
    r = same.sum(1); total = []
    p = rel.cumsum(1) / torch.arange(1, rel.shape[1] + 1, device=q.device)
    inside = torch.arange(rel.shape[1], device=q.device)[None] < r[:, None]
    return (((p * rel * inside).sum(1) / r.clamp(min=1))[r > 0]).mean().item()

def judge(data, fn, kind="e224", home_only=False, keep=None, transform=lambda f: f):
    """Figures in percent; keep gets the hits of every query."""
    e = {s: transform(embed(data, fn, s, kind)) for s in (["grocery-train", "clothing-train", "grocery-val", "clothing-validation"] if home_only else EVAL)}
    L, out = data.labels, {}
    def put(name, h):
        out[name] = round(100 * float(h.mean()), 2)
        if keep is not None: keep[name] = h
    for q, g, n in [("grocery-val", "grocery-train", "grocery"), ("clothing-validation", "clothing-train", "clothes")]:
        for m in ["cosine", "l2"]:
            put(f"{n}.{m}", hits(e[q], L[q], e[g], L[g], m))
    if not home_only:
        for s in ["goods", "coins"]:
            f, l = e[f"unseen-{s}"], L[f"unseen-{s}"]
            put(f"{s}.cosine", hits(f, l, f, l, "cosine", True))
            out[f"{s}.mapr"] = round(100 * map_at_r(f, l, f, l, True), 2)
        put("packshot-photo", hits(e["grocery-iconic"], L["grocery-iconic"], e["grocery-train"], L["grocery-train"], "cosine"))
        put("photo-packshot", hits(e["grocery-val"], L["grocery-val"], e["grocery-iconic"], L["grocery-iconic"], "cosine"))
    return out
