"""Counts the lines of a crate that lie inside of `unsafe` blocks and bodies of `unsafe fn`.

    python scripts/count_unsafe.py [FOLDER] [--files]

FOLDER is `crates/hilum-cpu/src` if left out; `--files` lists the files, the largest count first.
A line counts once if any part of it belongs to an unsafe block or an unsafe function, signature
included; comments and blank lines within them count.
`unsafe impl`, signatures of traits and `extern` declarations have no body and do not count.
"""

import re
import sys
from pathlib import Path

TOKEN = re.compile(
    r"""
      //[^\n]*                        # comment to the end of the line
    | /\*.*?\*/                       # block comment
    | r(\#*)".*?"\1                   # raw string
    | "(?:\\.|[^"\\])*"               # string
    | '(?:\\.|[^'\\])'                # character
    """,
    re.VERBOSE | re.DOTALL,
)
UNSAFE = re.compile(r"\bunsafe\s*(\{|(?:extern\s+\"?\w*\"?\s+)?fn\b)")


def without_text(source: str) -> str:
    """The source with comments and strings blanked, line for line."""
    return TOKEN.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), source)


def end_of_braces(code: str, start: int) -> int:
    """Where the brace that opens at `start` is closed."""
    depth = 0
    for index in range(start, len(code)):
        depth += (code[index] == "{") - (code[index] == "}")
        if depth == 0:
            return index
    return len(code)


def unsafe_lines(source: str) -> set[int]:
    """The numbers of lines inside of unsafe blocks and functions."""
    code = without_text(source)
    lines = set()
    for found in UNSAFE.finditer(code):
        start = found.end() - 1
        if found.group(1) != "{":
            body = re.compile(r"[{;]").search(code, found.end())
            if body is None or body.group() == ";":
                continue
            start = body.start()
        first, last = (code.count("\n", 0, at) for at in (found.start(), end_of_braces(code, start)))
        lines.update(range(first, last + 1))
    return lines


def main() -> None:
    names = [word for word in sys.argv[1:] if not word.startswith("--")]
    folder = Path(names[0] if names else "crates/hilum-cpu/src")
    total = inside = functions = 0
    counts = []
    for path in sorted(folder.rglob("*.rs")):
        source = path.read_text()
        found = len(unsafe_lines(source))
        total += source.count("\n")
        inside += found
        functions += len(re.findall(r"\bunsafe\s+fn\b", without_text(source)))
        counts.append((found, path))
    if "--files" in sys.argv:
        for found, path in sorted(counts, reverse=True, key=lambda count: count[0]):
            if found:
                print(f"{found:6} {path}")
    print(f"{inside} of {total} lines inside of unsafe blocks or functions; {functions} unsafe fn")


if __name__ == "__main__":
    main()
