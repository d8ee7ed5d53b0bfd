"""Draws a flame graph as SVG from what `perf script` prints on standard input: docs/performance.md has one.

    perf script -i perf.data -F comm,ip,sym,dso | python3 flame.py --title "..." > graph.svg

A box is as wide as the share of samples that were within it; what it called stands upon it. Threads are at the bottom. The
colour says whose code it is. Swift's names are shortened by `swift demangle --simplified`, if it is there.
"""

import argparse
import html
import re
import shutil
import subprocess
import sys

WIDTH, ROW, LEAST = 1200, 16, 0.6
COLOURS = {  # a part of the name of the library, and what its boxes look like
    "kernel": "#9ecae1",
    "librdkafka": "#c7e9c0",
    "libc.so": "#d9d9d9",
    "libswift": "#fdd0a2",
    "NIO": "#dadaeb",
    "": "#fdae6b",
}


class Frame:
    def __init__(self, name, colour):
        self.name, self.colour, self.count, self.calls = name, colour, 0, {}

    def enter(self, name, colour):
        return self.calls.setdefault(name, Frame(name, colour))

    def depth(self, least):
        return 1 + max((c.depth(least) for c in self.calls.values() if c.count >= least), default=0)


def stacks(lines):
    """The samples: a thread, then its frames from the outermost to the innermost, each a symbol and a library."""
    thread, frames = None, []
    for line in lines:
        if not line.strip():
            if thread is not None:
                yield thread, frames[::-1]
            thread, frames = None, []
        elif not line[0].isspace():
            thread = re.sub(r"[-#]*\d+\S*$", "", line.strip())
        else:
            found = re.match(r"\s*[0-9a-f]+\s+(.*) \((.*)\)$", line.rstrip())
            if found:
                frames.append((found[1].split("+0x")[0], found[2].rsplit("/", 1)[-1]))


def colour(symbol, library):
    if "kernel" in library:
        return COLOURS["kernel"]
    if re.search(r"\$s(7NIOCore|8NIOPosix|6NIOSSL)", symbol):
        return COLOURS["NIO"]
    return next(shade for part, shade in COLOURS.items() if part in library)


def demangled(names):
    if not shutil.which("swift"):
        return {name: name for name in names}
    order = sorted(names)
    shown = subprocess.run(
        ["swift", "demangle", "--simplified"], input="\n".join(order), capture_output=True, text=True, check=True
    ).stdout
    return dict(zip(order, shown.split("\n")))


def draw(frame, x, y, scale, total, names, out):
    width = frame.count * scale
    if width < LEAST:
        return
    name = names.get(frame.name, frame.name)
    title = html.escape(f"{name}: {100 * frame.count / total:.1f} %")
    out.append(
        f'<g><title>{title}</title><rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{ROW - 1}" fill="{frame.colour}"/>'
    )
    letters = int((width - 4) / 6.2)
    if letters > 3:
        text = name if len(name) <= letters else name[: letters - 1] + "…"
        out.append(f'<text x="{x + 2:.1f}" y="{y + 11}">{html.escape(text)}</text>')
    out.append("</g>")
    for call in sorted(frame.calls.values(), key=lambda c: c.name):
        draw(call, x, y - ROW, scale, total, names, out)
        x += call.count * scale


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--title", required=True)
    o = p.parse_args()
    root, names = Frame("all", "#ffffff"), set()
    for thread, frames in stacks(sys.stdin):
        at = root.enter(thread, "#bdbdbd")
        root.count += 1
        at.count += 1
        for symbol, library in frames:
            if symbol == "[unknown]":
                continue
            names.add(symbol)
            at = at.enter(symbol, colour(symbol, library))
            at.count += 1
    scale = WIDTH / root.count
    height = (root.depth(LEAST / scale) + 2) * ROW
    out = []
    draw(root, 0, height - ROW, scale, root.count, demangled(names), out)
    print(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="monospace" font-size="10">'
        f'<rect width="100%" height="100%" fill="#ffffff"/><text x="4" y="12" font-size="12">{html.escape(o.title)}</text>'
        + "".join(out)
        + "</svg>"
    )


if __name__ == "__main__":
    main()
