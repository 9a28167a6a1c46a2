"""How long the program takes to start: its import, a first answer from a cold process, the page of the chat.

    python tests/benchmarks/start.py [--runs N] [--keep FOLDER]

An index of the sample library is built first (FOLDER keeps it). In the same run, in turn with ours: the first vector of
sentence-transformers in a new process; a script as one would write it by hand (sentence-transformers with
faiss.IndexFlatIP and bm25s, loaded from disk, one question); and for the chat a bare Gradio echo chat until its page is
served. Files are warm: the first run of each is not counted. Prints medians; writes start.json and start.png.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from importlib.util import find_spec
from pathlib import Path

import measuring
import plotting

from assistant import open_library
from assistant.embedding import DEFAULT_MODEL, model_folder

QUESTION = "When was KEDO founded?"
HERE = Path(__file__).parent
IMPORT = "import time; started = time.perf_counter(); import assistant; print(time.perf_counter() - started)"
FIRST_VECTOR = "import sys; from sentence_transformers import SentenceTransformer\n\
SentenceTransformer(sys.argv[1]).encode([sys.argv[2]])"
ECHO = "import sys, gradio as gr\n\
gr.ChatInterface(lambda message, history: message, analytics_enabled=False).launch(server_port=int(sys.argv[1]))"
GRADIO = "import time; started = time.perf_counter(); import gradio; print(time.perf_counter() - started)"
ANSWER, VECTOR, BY_HAND = "assistant ask", "sentence-transformers, first vector", "by hand: encode, faiss, bm25s"
CHAT, BARE = "assistant chat, page served", "Gradio echo chat, page served"


def main() -> None:
    """Builds an index, measures, prints, writes."""
    parser = measuring.arguments(__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="where the index is built, or stands already")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        library = ("--sources", measuring.ROOT / "sources", "--index", folder / "index")
        measuring.watch(measuring.assistant("rebuild", *library))
        commands = _commands(folder, library)
        imports = {"import assistant": IMPORT, "import gradio": GRADIO}
        seconds = _in_turn(commands, options.runs) | _imports(imports, options.runs) | _pages(library, options.runs)
        peaks = {name: measuring.peak(command) for name, command in commands.items()}
    _show(seconds, peaks, options.markdown)
    found = {"runs": options.runs, "machine": measuring.machine(), "seconds": seconds, "peak_bytes": peaks}
    measuring.write_json(options.out, "start", found)
    plotting.bars(options.out, "start", "seconds, median", seconds)


def _commands(folder: Path, library: tuple[object, ...]) -> dict[str, list[str]]:
    """What answers or embeds one question in a new process, each by name."""
    model = str(model_folder(DEFAULT_MODEL))
    commands = {
        ANSWER: measuring.assistant("ask", *library, QUESTION),
        VECTOR: [sys.executable, "-c", FIRST_VECTOR, model, QUESTION],
    }
    if find_spec("bm25s") is None:
        print("by hand: left out, as bm25s is not installed: pip install 'assistant[bench]'")  # noqa: T201
        return commands
    from by_hand import prepare

    made = folder / "by_hand"
    if not made.exists():
        index = open_library(measuring.ROOT / "sources", index=folder / "index").generation()
        texts = [index.text(row) for row in range(len(index.passages))]
        prepare(made, model, texts, index.vectors)
    return {**commands, BY_HAND: [sys.executable, str(HERE / "by_hand.py"), str(made), QUESTION]}


def _in_turn(commands: dict[str, list[str]], runs: int) -> dict[str, float]:
    """The median wall time of each command, run by run in turn; the first run warms the files."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for run in range(-1, runs):
        for name, command in commands.items():
            seconds = measuring.watch(command).seconds
            if run >= 0:
                times[name].append(seconds)
    return {name: statistics.median(values) for name, values in times.items()}


def _imports(codes: dict[str, str], runs: int) -> dict[str, float]:
    """The median of the seconds that each piece of code prints in a new process."""
    return {
        name: statistics.median(
            float(measuring.watch([sys.executable, "-c", code]).output) for _ in range(runs + 1)
        )
        for name, code in codes.items()
    }  # fmt: skip


def _pages(library: tuple[object, ...], runs: int) -> dict[str, float]:
    """The median time until each chat serves its page, run by run in turn; the first run warms the files."""
    times: dict[str, list[float]] = {CHAT: [], BARE: []}
    for run in range(-1, runs):
        for name, values in times.items():
            port = _free_port()
            chat = measuring.assistant("chat", *library, "--port", port)
            seconds = _until_served(chat if name == CHAT else [sys.executable, "-c", ECHO, str(port)], port)
            if run >= 0:
                values.append(seconds)
    return {name: statistics.median(values) for name, values in times.items()}


def _free_port() -> int:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _until_served(command: list[str], port: int, longest: float = 120.0) -> float:
    """How many seconds after its start a server answers with its page."""
    environment = {**measuring.environment(), "GRADIO_ANALYTICS_ENABLED": "False"}
    started = time.perf_counter()
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    try:
        while time.perf_counter() - started < longest and server.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=longest) as page:
                    if page.status == 200 and b"</html>" in page.read().lower():
                        return time.perf_counter() - started
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.01)
    finally:
        server.terminate()
        server.wait()
    sys.exit(f"{' '.join(command)[:200]} served no page: status {server.returncode}")


def _show(seconds: dict[str, float], peaks: dict[str, int], markdown: bool) -> None:
    """Prints each figure beside what it is compared with."""
    rows: measuring.Rows = []
    for name, value in seconds.items():
        beside = {VECTOR: ANSWER, BY_HAND: ANSWER, BARE: CHAT}.get(name)
        ratio = f"{value / seconds[beside]:.1f}" if beside else ""
        difference = f"{seconds[beside] - value:+.2f}" if beside else ""
        megabytes = f"{peaks[name] / 1e6:.0f}" if peaks.get(name) else ""
        rows.append((name, f"{value:.3f}", megabytes, ratio, difference))
    measuring.table(("", "s", "peak MB", "times ours", "ours less it, s"), rows, markdown)


if __name__ == "__main__":
    main()
