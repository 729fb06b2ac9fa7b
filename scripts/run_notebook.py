"""Runs a notebook from top to bottom, and leaves it with what it printed.

    run_notebook.py NOTEBOOK FOLDER

Cells run in FOLDER, where the executed copy is written. Ends with 1 at the first cell that fails.
Needs nbclient and ipykernel.
"""

import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError


def main(notebook: Path, folder: Path) -> int:
    book = nbformat.read(notebook, as_version=4)
    resources = {"metadata": {"path": str(folder)}}
    start = time.monotonic()
    try:
        NotebookClient(book, timeout=600, kernel_name="python3", resources=resources).execute()
    except CellExecutionError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        nbformat.write(book, folder / notebook.name)
    cells = sum(cell.cell_type == "code" for cell in book.cells)
    print(f"{notebook.name}: {cells} cells in {time.monotonic() - start:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
