"""PyTorch beside ours on the same card: forward (bytes in, feature out) and training steps. One JSON line a figure.
python speed.py forward|train [--steps 20] [--device cuda]"""
import argparse, json, os, statistics, time, torch
from torch import nn
from torch.nn import functional as F
from torchvision import models
import nets

ap = argparse.ArgumentParser()
ap.add_argument("what", choices=["forward", "train"])
ap.add_argument("--device", default="cuda")
ap.add_argument("--seconds", type=float, default=1.5)
ap.add_argument("--batches", default="1,8,64,256")
ap.add_argument("--trains", default="resnet50:64:224,efficientnet-lite0:64:224,efficientnet-lite0:32:160")
o = ap.parse_args()
dev = torch.device(o.device)
sync = torch.cuda.synchronize if o.device == "cuda" else (lambda: None)
torch.backends.cudnn.benchmark = True
torch.backends.cudnn.allow_tf32 = True
torch.backends.cuda.matmul.allow_tf32 = True
CLASSES = 91

def say(**r):
    line = json.dumps(r); print(line, flush=True)
    if os.environ.get("RESULTS"):
        open(os.environ["RESULTS"], "a").write(line + "\n")

def feature_net(arch):
    if arch == "resnet50":
        net = models.resnet50(num_classes=CLASSES); net.fc = nn.Identity(); return net, 2048
    return nets.Lite0(), 1280

mean = (torch.tensor([0.485, 0.456, 0.406]) * 255).to(dev).view(1, 3, 1, 1)
scale = (1 / (torch.tensor([0.229, 0.224, 0.225]) * 255)).to(dev).view(1, 3, 1, 1)

def normalised(images, half=False, layout=torch.contiguous_format):
    x = images.permute(0, 3, 1, 2)
    x = x.half() if half else x.float()
    return ((x - mean) * scale).to(x.dtype).contiguous(memory_format=layout)

def timed(fn, seconds):
    for _ in range(5): fn()
    sync(); times = []; end = time.perf_counter() + seconds
    while len(times) < 5 or (time.perf_counter() < end and len(times) < 500):
        t = time.perf_counter(); fn(); sync(); times.append(time.perf_counter() - t)
    return 1000 * statistics.median(times), len(times)

def forward():
    for arch in ["efficientnet-lite0", "resnet50"]:
        for kind in ["fp32-tf32", "fp16-channels-last"]:
            half = kind.startswith("fp16"); layout = torch.channels_last if half else torch.contiguous_format
            net = feature_net(arch)[0].eval().to(dev).to(memory_format=layout)
            if half: net = net.half()
            for batch in map(int, o.batches.split(",")):
                host = torch.randint(0, 256, (batch, 224, 224, 3), dtype=torch.uint8)
                on = host.to(dev)
                with torch.inference_mode():
                    through = lambda images: net(normalised(images, half, layout))
                    ms, n = timed(lambda: through(host.to(dev)).float().cpu(), o.seconds)
                    msd, _ = timed(lambda: through(on), o.seconds)
                say(test="embed", side="pytorch", model=arch, kind=kind, size=224, batch=batch, imagesPerSecond=round(1000 * batch / ms, 1), ms=round(ms, 3), onDeviceImagesPerSecond=round(1000 * batch / msd, 1), onDeviceMs=round(msd, 3), runs=n)
            del net

def train():
    for spec in o.trains.split(","):
        arch, batch, size = spec.split(":"); batch, size = int(batch), int(size)
        for kind in ["fp32-tf32", "fp32-no-tf32", "amp-fp16-channels-last"]:
            amp = kind.startswith("amp"); layout = torch.channels_last if amp else torch.contiguous_format
            torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = kind != "fp32-no-tf32"
            torch.manual_seed(1)
            body, d = feature_net(arch)
            net = nn.Sequential(body, nn.Linear(d, CLASSES)).to(dev).to(memory_format=layout).train()
            weights = [p for p in net.parameters() if p.dim() > 1]; others = [p for p in net.parameters() if p.dim() <= 1]
            sgd = torch.optim.SGD([{"params": weights, "weight_decay": 5e-4}, {"params": others, "weight_decay": 0}], lr=1e-6, momentum=0.9, nesterov=True)
            scaler = torch.amp.GradScaler(o.device, enabled=amp)
            host = torch.randint(0, 256, (batch, size, size, 3), dtype=torch.uint8); labels = torch.randint(0, CLASSES, (batch,))
            def step():
                images, y = host.to(dev), labels.to(dev)
                sgd.zero_grad(set_to_none=True)
                with torch.autocast(o.device, torch.float16, enabled=amp):
                    loss = F.cross_entropy(net(normalised(images, False, layout)), y, label_smoothing=0.1 * CLASSES / (CLASSES - 1))
                scaler.scale(loss).backward(); scaler.step(sgd); scaler.update()
                return loss.item()
            ms, n = timed(step, 2 * o.seconds)
            peak = torch.cuda.max_memory_allocated() / 2**30 if o.device == "cuda" else 0
            say(test="train", side="pytorch", architecture=arch, kind=kind, batch=batch, size=size, imagesPerSecond=round(1000 * batch / ms, 1), stepMs=round(ms, 2), runs=n, peakGiB=round(peak, 2))
            del net, sgd, body
            if o.device == "cuda": torch.cuda.empty_cache(); torch.cuda.reset_peak_memory_stats()

if o.device == "cuda":
    say(test="device", name=torch.cuda.get_device_name(), torch=torch.__version__, cudnn=torch.backends.cudnn.version())
{"forward": forward, "train": train}[o.what]()
