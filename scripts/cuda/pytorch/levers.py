"""Levers for a generalist: python levers.py --cache CACHE --start lite0.pth --out DIR NAME...   (one JSON line each)
Names: start, file:PATH, plain[:seed], interp:TUNED, backbone:0.1, feat:3, rel:3, freeze:11, freeze:8:strong, freeze:8:FEAT, still, long:30, soup (after plain:1 plain:2 plain:3), ema, l2sp:0.01, concat:INIT:TUNED, concat-eval:TUNED"""
import argparse, copy, json, math, os, time
import numpy as np, torch
from torch import nn
from torch.nn import functional as F
import nets, bench_data
from bench_data import crops

ap = argparse.ArgumentParser()
for n in ["cache", "start", "out"]: ap.add_argument(f"--{n}", required=True)
ap.add_argument("--device", default="cuda"); ap.add_argument("--epochs", type=int, default=12); ap.add_argument("--seed", type=int, default=1)
ap.add_argument("--limit-steps", type=int, default=10**9)
ap.add_argument("names", nargs="+")
o = ap.parse_args()
dev = torch.device(o.device); os.makedirs(o.out, exist_ok=True)
torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", 2)))
torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = True
data = bench_data.Data(o.cache, dev)
N = len(data.y)

def say(**r):
    line = json.dumps(r); print(line, flush=True)
    if os.environ.get("RESULTS"): open(os.environ["RESULTS"], "a").write(line + "\n")

def save(net, name):
    from safetensors.torch import save_file
    save_file({k: v.half().contiguous().cpu() for k, v in net.state_dict().items() if "num_batches" not in k}, f"{o.out}/{name.replace('/', '_').replace(':', '-')}.f16.safetensors")

def report(name, fn, seconds=0, kinds=("e224",), transform=lambda f: f, **more):
    for kind in kinds:
        keep = {}
        figures = bench_data.judge(data, fn, kind, keep=keep, transform=transform)
        np.savez_compressed(f"{o.out}/{name.replace('/', '_').replace(':', '-')}.{kind}.hits.npz", **keep)
        say(test="lever", name=name, kind=kind, seconds=round(seconds, 1), **more, **figures)

def start(): return nets.lite0(o.start).to(dev)

def smooth_ce(logits, y):
    return F.cross_entropy(logits, y, label_smoothing=0.1 * data.classes / (data.classes - 1))

def interpolated(a, b, share):
    sa, sb = a.state_dict(), b.state_dict()
    net = nets.Lite0().to(dev)
    net.load_state_dict({k: (1 - share) * sa[k] + share * sb[k] if sa[k].is_floating_point() else sa[k] for k in sa})
    return net

@torch.no_grad()
def recompute(net, batches=int(os.environ.get("RECOMPUTE", 60))):
    norms = [m for m in net.modules() if isinstance(m, nn.BatchNorm2d)]
    for m in norms: m.reset_running_stats(); m.momentum = None
    net.train()
    for _ in range(batches):
        net(data.norm(crops(data, torch.randint(0, N, (64,), device=dev), [192], area=(0.5, 1))[0]))
    return net.eval()

def finetune(seed=None, backbone=1.0, feat=0.0, rel=0.0, freeze=0, ema=0.0, l2sp=0.0, epochs=None, area=(0.25, 1), strong=False, still=False, teacher_net=None, init=None):
    torch.manual_seed(o.seed if seed is None else seed)
    net = init or start(); head = nn.Linear(1280, data.classes).to(dev); nn.init.zeros_(head.weight), nn.init.zeros_(head.bias)
    teacher = (teacher_net or start()).eval() if feat or rel else None
    origin = {n: p.detach().clone() for n, p in net.named_parameters()} if l2sp else None
    frozen = [net._conv_stem, net._bn0, *net._blocks[:freeze]] if freeze else []
    for m in frozen: m.requires_grad_(False)
    learned = [p for p in net.parameters() if p.requires_grad]
    groups = [([p for p in learned if p.dim() > 1], 1e-4, backbone), ([p for p in learned if p.dim() <= 1], 0, backbone), ([head.weight], 1e-4, 10), ([head.bias], 0, 10)]
    sgd = torch.optim.SGD([{"params": p, "weight_decay": d, "times": t} for p, d, t in groups], lr=1, momentum=0.9, nesterov=True)
    average = copy.deepcopy(net) if ema else None
    epochs = epochs or o.epochs; per = N // 32; steps = min(epochs * per, o.limit_steps); step = 0; t = time.time(); total = torch.zeros((), device=dev)
    jitter = dict(contrast=0.3, saturation=0.3) if strong else {}
    while step < steps:
        order = torch.randperm(N, device=dev)
        for at in range(per):
            if step >= steps: break
            net.train()
            for m in frozen: m.eval()
            if still:
                for m in net.modules():
                    if isinstance(m, nn.BatchNorm2d): m.eval()
            index = order[at * 32:(at + 1) * 32]
            x = data.norm(crops(data, index, [160], area=area, **jitter)[0])
            lr = 0.02 * min((step + 1) / 100, 0.5 * (1 + math.cos(math.pi * step / steps)))
            for g in sgd.param_groups: g["lr"] = lr * g["times"]
            f = net(x); loss = smooth_ce(head(f), data.y[index])
            if teacher is not None:
                with torch.no_grad(): tf = F.normalize(teacher(x))
                nf = F.normalize(f)
                if feat: loss = loss + feat * (1 - (nf * tf).sum(1)).mean()
                if rel:
                    eye = torch.eye(32, device=dev, dtype=torch.bool)
                    a, b = (nf @ nf.T / 0.1).masked_fill(eye, -1e4), (tf @ tf.T / 0.1).masked_fill(eye, -1e4)
                    loss = loss + rel * F.kl_div(a.log_softmax(1), b.log_softmax(1), log_target=True, reduction="batchmean")
            if l2sp: loss = loss + l2sp * 0.5 * sum(((p - origin[n]) ** 2).sum() for n, p in net.named_parameters())
            sgd.zero_grad(set_to_none=True); loss.backward(); sgd.step()
            if average is not None:
                with torch.no_grad():
                    for a, b in zip(average.state_dict().values(), net.state_dict().values()):
                        if a.is_floating_point(): a.lerp_(b, 1 - ema)
            total += loss.detach(); step += 1
    print(f"steps {steps}, mean loss {total.item() / steps:.3f}, {time.time() - t:.0f} s", flush=True)
    return (average or net).eval(), time.time() - t

class Concat(nn.Module):
    """Normalised features side by side; shares say how much each counts in the cosine."""
    def __init__(self, *nets_, shares=None):
        super().__init__(); self.nets = nn.ModuleList(nets_); self.shares = shares or [1 / len(nets_)] * len(nets_)
    def forward(self, x): return torch.cat([F.normalize(n(x)) * s ** 0.5 for n, s in zip(self.nets, self.shares)], 1)

tuned_nets = {}
def soup(nets_):
    """The mean of the weights of some networks."""
    states = [n.state_dict() for n in nets_]
    net = nets.Lite0().to(dev)
    net.load_state_dict({k: sum(s[k] for s in states) / len(states) if v.is_floating_point() else v for k, v in states[0].items()})
    return net

def pca(fn, kind, dims):
    f = torch.cat([bench_data.embed(data, fn, s, kind) for s in bench_data.TRAIN]).double()
    m = f.mean(0); _, v = torch.linalg.eigh((f - m).T @ (f - m))
    v = v.flip(1)[:, :dims].float()
    return lambda x: x @ v  # not centred: cosine about the origin stays what it was

def concat_taught(name, init, tuned, epochs, lr=1e-3, area=(0.1, 1), batch=64, extra=None, size=160, tsize=224):
    """One network with a linear head taught the concatenated features of start and tuned for the same crops."""
    torch.manual_seed(o.seed)
    teacher = Concat(start(), tuned, *(extra or [])).eval()
    width = 1280 * len(teacher.nets)
    net = init; head = nn.Linear(1280, width, bias=False).to(dev)
    opt = torch.optim.AdamW([{"params": [p for p in net.parameters() if p.dim() > 1], "weight_decay": 1e-4}, {"params": [p for p in net.parameters() if p.dim() <= 1], "weight_decay": 0}, {"params": head.parameters(), "weight_decay": 1e-4}], lr=lr)
    per = N // batch; steps = min(epochs * per, o.limit_steps); step = 0; t = time.time(); last = torch.zeros((), device=dev)
    while step < steps:
        order = torch.randperm(N, device=dev)
        for at in range(per):
            if step >= steps: break
            net.train()
            index = order[at * batch:(at + 1) * batch]
            small, large = crops(data, index, [size, tsize], area=area, contrast=0.3, saturation=0.3)
            with torch.no_grad(): target = teacher(data.norm(large))
            scale = min((step + 1) / 200, 0.5 * (1 + math.cos(math.pi * step / steps)))
            for g in opt.param_groups: g["lr"] = lr * scale
            out = F.normalize(head(net(data.norm(small))))
            loss = (1 - (out * target).sum(1)).mean()
            # and the similarities among the pictures of the batch
            loss = loss + ((out @ out.T - target @ target.T) ** 2).mean() * 5
            opt.zero_grad(set_to_none=True); loss.backward(); opt.step(); step += 1
            last = loss.detach() if step < 2 else last * 0.98 + loss.detach() * 0.02
    seconds = time.time() - t; net.eval()
    print(f"{name}: loss {last.item():.4f}, {seconds:.0f} s", flush=True)
    with torch.no_grad():
        report(name + "/feature", net, seconds, loss=round(last.item(), 4))
        through = lambda x: F.normalize(head(net(x)))
        report(name + "/head", through, seconds)
        report(name + "/head-pca512", through, seconds, transform=pca(through, "e224", 512))
    save(net, name)

def run(name):
    kind, *args = name.split(":")
    if kind == "start": report(name, start().eval(), kinds=("e224", "e208"))
    elif kind == "file": report(name, nets.lite0(args[0]).to(dev).eval(), kinds=("e224", "e208"))
    elif kind == "interp":
        tuned = nets.lite0(args[0]).to(dev).eval()
        for share in (0.3, 0.5, 0.7):
            report(f"{name}:a={share}", interpolated(start(), tuned, share).eval())
            report(f"{name}:a={share}:bn", recompute(interpolated(start(), tuned, share)))
    elif kind == "concat-eval":
        c = Concat(start(), nets.lite0(args[0]).to(dev)).eval()
        report(name, c)
        for d in (512, 1280): report(f"{name}/pca{d}", c, transform=pca(c, "e224", d))
    elif kind == "soup":
        net = recompute(soup([tuned_nets[f"plain:{n}"] for n in (1, 2, 3)])).eval()
        report(name, net); save(net, name)
        for share in (0.3, 0.5): report(f"{name}/start={share}", Concat(start(), net, shares=[share, 1 - share]).eval())
        for share in (0.3, 0.5, 0.7): report(f"{name}/a={share}:bn", recompute(interpolated(start(), net, share)))
    elif kind == "concat":
        first = start() if args[0] == "start" else nets.lite0(args[0]).to(dev) if args[0] != "interp" else interpolated(start(), nets.lite0(args[1]).to(dev), 0.5)
        concat_taught(f"concat-{'start' if args[0] == 'start' else 'interp' if args[0] == 'interp' else 'tuned'}{'-' + args[2] if len(args) > 2 else ''}", first, nets.lite0(args[1]).to(dev).eval(), int(args[2]) if len(args) > 2 else 20)
    else:
        value = float(args[0]) if args else None
        settings = {"plain": {"seed": None if value is None else int(value)}, "backbone": {"backbone": value}, "feat": {"feat": value}, "rel": {"rel": value}, "freeze": {"freeze": int(value or 0)}, "ema": {"ema": value or 0.999}, "l2sp": {"l2sp": value}, "strong": {"strong": True, "area": (0.1, 1)}, "short": {"epochs": int(value or 4)}, "long": {"epochs": int(value or 30)}, "still": {"still": True}}[kind]
        if kind == "freeze" and "strong" in args: settings |= {"strong": True, "area": (0.1, 1)}
        elif kind == "freeze" and len(args) > 1: settings["feat"] = float(args[1])
        elif len(args) > 1: settings["backbone"] = float(args[1])
        net, seconds = finetune(**settings)
        report(name, net, seconds, kinds=("e224", "e208") if kind == "plain" else ("e224",))
        save(net, name)
        tuned_nets[name] = net
        for share in (0.3, 0.5):
            both = Concat(start(), net, shares=[share, 1 - share]).eval()
            report(f"{name}/start={share}", both)
            if kind == "freeze": report(f"{name}/start={share}/pca512", both, transform=pca(both, "e224", 512))
        if kind == "plain": report(f"{name}/a=0.5:bn", recompute(interpolated(start(), net, 0.5)))

for name in o.names:
    try: run(name)
    except Exception as error:
        import traceback; traceback.print_exc(); say(test="lever", name=name, error=repr(error)[:300])
