"""python decode.py DATA OUT [LIMIT]: every photograph as uint8: train (short side 224, longest 320, padded), eval 224 of 240, eval 208 of 224."""
import json, multiprocessing as mp, os, pathlib, sys, time
import numpy as np
from PIL import Image
DATA, OUT = sys.argv[1:3]; LIMIT = int(sys.argv[3]) if len(sys.argv) > 3 else 10**9
SETS = ["grocery/train", "clothing/train", "grocery/val", "clothing/validation", "grocery/iconic", "unseen/goods", "unseen/coins"]
LONG = 320
def short(image, size):
    w, h = image.size
    s = (size, int(size * h / w)) if w <= h else (int(size * w / h), size)
    return image if s == (w, h) else image.resize(s, Image.BICUBIC)
def centre(image, size):
    w, h = image.size; left, top = round((w - size) / 2), round((h - size) / 2)
    return np.asarray(image.crop((left, top, left + size, top + size)))
def one(job):
    path, train = job
    image = Image.open(path).convert("RGB")
    s224 = short(image, 224)
    full, hw = None, (0, 0)
    if train:
        w, h = s224.size
        if max(w, h) > LONG:
            cw, ch = min(w, LONG), min(h, LONG); left, top = (w - cw) // 2, (h - ch) // 2
            s = s224.crop((left, top, left + cw, top + ch))
        else: s = s224
        full = np.zeros((LONG, LONG, 3), np.uint8); a = np.asarray(s); full[:a.shape[0], :a.shape[1]] = a; hw = a.shape[:2]
    return full, hw, centre(short(image, 240), 224), centre(s224, 208)
if __name__ == "__main__":
    t = time.time(); os.makedirs(OUT, exist_ok=True)
    with mp.Pool() as pool:
        for name in SETS:
            root = os.path.join(DATA, name)
            files = sorted(str(p) for p in pathlib.Path(root).rglob("*") if p.suffix.lower() in {".jpg", ".jpeg", ".png"})
            if LIMIT < len(files): files = files[:: max(1, len(files) // LIMIT)][:LIMIT]
            train = name.endswith("/train")
            done = pool.map(one, [(f, train) for f in files], chunksize=16)
            key = name.replace("/", "-")
            if train:
                np.save(f"{OUT}/{key}.full.npy", np.stack([d[0] for d in done])); np.save(f"{OUT}/{key}.hw.npy", np.array([d[1] for d in done], np.int64))
            np.save(f"{OUT}/{key}.e224.npy", np.stack([d[2] for d in done])); np.save(f"{OUT}/{key}.e208.npy", np.stack([d[3] for d in done]))
            json.dump([[f, os.path.relpath(os.path.dirname(f), root)] for f in files], open(f"{OUT}/{key}.json", "w"))
            print(name, len(files), f"{time.time() - t:.1f} s", flush=True)
