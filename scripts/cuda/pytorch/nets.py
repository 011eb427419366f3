"""EfficientNet-Lite0 in PyTorch with the product's parameter names, and reading of weights."""
import math, torch
from torch import nn
from torch.nn import functional as F

class Same(nn.Conv2d):
    def forward(self, x):
        k, s = self.kernel_size[0], self.stride[0]
        height, width = (max((math.ceil(size / s) - 1) * s + k - size, 0) for size in x.shape[2:])
        if height % 2 or width % 2:
            x = F.pad(x, (width // 2, width - width // 2, height // 2, height - height // 2))
            height = width = 0
        return F.conv2d(x, self.weight, None, self.stride, (height // 2, width // 2), 1, self.groups)

def bn(channels):
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=bn.momentum)
bn.momentum = 0.1

class MBConv(nn.Module):
    def __init__(self, cin, cout, k, s, e):
        super().__init__()
        mid = cin * e
        if e != 1:
            self._expand_conv, self._bn0 = Same(cin, mid, 1, bias=False), bn(mid)
        self._depthwise_conv, self._bn1 = Same(mid, mid, k, s, groups=mid, bias=False), bn(mid)
        self._project_conv, self._bn2 = Same(mid, cout, 1, bias=False), bn(cout)
        self.expands, self.skips = e != 1, s == 1 and cin == cout

    def forward(self, x):
        y = F.relu6(self._bn0(self._expand_conv(x)), inplace=True) if self.expands else x
        y = F.relu6(self._bn1(self._depthwise_conv(y)), inplace=True)
        y = self._bn2(self._project_conv(y))
        return y + x if self.skips else y

class Lite0(nn.Module):
    """uint8-normalised images to the 1,280-number feature."""
    def __init__(self):
        super().__init__()
        self._conv_stem, self._bn0 = Same(3, 32, 3, 2, bias=False), bn(32)
        table = [(1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1)]
        blocks, cin = [], 32
        for e, k, s, cout, depth in table:
            for index in range(depth):
                blocks.append(MBConv(cin, cout, k, s if index == 0 else 1, e))
                cin = cout
        self._blocks = nn.ModuleList(blocks)
        self._conv_head, self._bn1 = Same(cin, 1280, 1, bias=False), bn(1280)

    def trunk(self, x, blocks):
        x = F.relu6(self._bn0(self._conv_stem(x)), inplace=True)
        for block in self._blocks[:blocks]:
            x = block(x)
        return x

    def rest(self, x, blocks):
        for block in self._blocks[blocks:]:
            x = block(x)
        return F.relu6(self._bn1(self._conv_head(x)), inplace=True).mean((2, 3))

    def forward(self, x):
        return self.rest(self.trunk(x, 0), 0)

def weights_of(path):
    if path.endswith(".safetensors"):
        from safetensors.torch import load_file
        state = load_file(path)
    else:
        state = torch.load(path, weights_only=True, map_location="cpu")
    return {k: v for k, v in state.items() if k.startswith(("_conv_stem", "_bn", "_blocks", "_conv_head"))}

def lite0(path=None):
    net = Lite0()
    if path:
        state = weights_of(path)
        missing, unexpected = net.load_state_dict(state, strict=False)
        missing = [m for m in missing if "num_batches" not in m]
        assert not missing and not unexpected, (missing[:3], unexpected[:3])
    return net
