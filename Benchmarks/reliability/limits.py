"""Descriptors, disks and clients that come to their limits, while streams run."""

from __future__ import annotations

import json
import selectors
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Callable

from cluster import Cluster, Connection, Plan, send, wait
from report import Figure
from storms import stream_figures
from streams import Streams, percentile

STREAMS = 20
TOKENS = 600
DESCRIPTORS = 256
CLIENTS = 2000
SLOW_READERS = 5
# Questions of a slow reader whose answers, some 400 bytes each, come to more than wait for it.
NODE_LISTS = 60_000
DISK = "1m"


def beside_streams(
    cluster: Cluster, trouble: Callable[[Streams], list[Figure]]
) -> list[Figure]:
    """Figures of streams that run before, during and after the trouble, and the trouble's own."""
    try:
        cluster.wait_until_healthy()
        with Streams(cluster.port, STREAMS, TOKENS) as streams:
            streams.wait_for_tokens()
            start = time.monotonic()
            time.sleep(1)
            begun = time.monotonic()
            figures = trouble(streams)
            ended = time.monotonic()
            calm = streams.longest_gap(start, begun)
            troubled = streams.longest_gap(begun, ended)
            findings = streams.finish()
        status = cluster.status()
        left = cluster.shut_down()
    finally:
        cluster.clean_up()
    return [
        *stream_figures(findings),
        Figure("requests that failed, by the orchestrator's count", status["requests"]["failed"]),
        Figure("longest gap between tokens before", 1000 * calm, "ms"),
        Figure("longest gap between tokens meanwhile", 1000 * troubled, "ms"),
        *figures,
        Figure("processes left over in the end", left, most=0),
    ]


def descriptors(programs: Path, model: Path, folder: Path, seconds: int) -> list[Figure]:
    """More clients than the orchestrator may have descriptors; then a worker dies as well."""
    wrapper = ["prlimit", f"--nofile={DESCRIPTORS}:{DESCRIPTORS}", "--"]
    cluster = Cluster(programs, Plan(model), folder, wrapper)

    def trouble(_: Streams) -> list[Figure]:
        with Connection(cluster.port) as operator:
            guests = []
            refused = 0
            for _ in range(2 * DESCRIPTORS):
                guest = socket.create_connection(("127.0.0.1", cluster.port), timeout=30)
                guests.append(guest)
            time.sleep(0.5)
            for guest in guests:
                refused += has_word(guest, b"too_many_connections")
            victim = next(node for node in operator.ask("NODES")["nodes"] if node["busy"])
            moment = time.monotonic()
            send(victim["pid"], signal.SIGKILL)

            def is_replaced() -> bool:
                nodes = operator.ask("NODES")["nodes"]
                return all(node["state"] == "healthy" and node["pid"] != victim["pid"]
                           for node in nodes)
            wait("a replacement", is_replaced, lambda: True)
            replaced = time.monotonic() - moment
            time.sleep(max(0.0, seconds - replaced))
        for guest in guests:
            guest.close()
        moment = time.monotonic()
        with Connection(cluster.port) as late:
            late.ask("PING")
        return [
            Figure("connections that came on top", len(guests)),
            Figure("those that were told too_many_connections at once", refused),
            Figure("a worker killed meanwhile was replaced after", 1000 * replaced, "ms"),
            Figure("a new client's first answer when they had left",
                   1000 * (time.monotonic() - moment), "ms"),
        ]
    return beside_streams(cluster, trouble)


def has_word(connection: socket.socket, word: bytes) -> bool:
    """Whether what has arrived holds the word; waits for nothing."""
    connection.setblocking(False)
    try:
        return word in connection.recv(4096)
    except OSError:
        return False


def disk(programs: Path, model: Path, folder: Path, seconds: int) -> list[Figure]:
    """The state file's file system fills up, and later has room again."""
    (folder / "disk").mkdir()
    namespace = namespace_command()
    if namespace is None:
        raise RuntimeError(
            "no mount namespace can be made here: run it as root, or where user namespaces are "
            "allowed, or leave out the scenario disk")
    script = f'mount -t tmpfs -o size={DISK} storm "{folder}/disk" && exec "$@"'
    cluster = Cluster(
        programs, Plan(model, state="disk/cluster.state"), folder,
        [*namespace, "sh", "-c", script, "sh"])

    def trouble(_: Streams) -> list[Figure]:
        # The orchestrator's own view of the file system.
        inside = Path(f"/proc/{cluster.process.pid}/root{folder}/disk")
        filler = inside / "filler"
        with filler.open("wb", buffering=0) as output:
            try:
                while True:
                    output.write(b"0" * 512)
            except OSError:
                pass  # It is full.
        kills = 0
        start = time.monotonic()
        while time.monotonic() < start + seconds:
            victims = [node for node in cluster.nodes() if node["pid"] and node["busy"]]
            send(victims[0]["pid"], signal.SIGKILL)
            kills += 1
            time.sleep(1)
        complaints = cluster.log().count("the state is not saved")
        filler.unlink()
        # Once there is room, the state is true again without anything else happening.
        moment = time.monotonic()
        cluster.wait_until_healthy()
        wait("the workers' processes in the state file",
             lambda: recorded(inside / "cluster.state") == running(cluster), lambda: True)
        return [
            Figure("workers killed while the disk was full", kills),
            Figure("lines in the log about it", complaints, least=1),
            Figure("room again to the state file being true", 1000 * (time.monotonic() - moment),
                   "ms"),
        ]
    return beside_streams(cluster, trouble)


def namespace_command() -> list[str] | None:
    """The command that gives a program mounts of its own: root's way, or any user's."""
    for options in (["--mount"], ["--user", "--map-root-user", "--mount"]):
        command = ["unshare", *options]
        if shutil.which("unshare") and subprocess.run(
                [*command, "true"], capture_output=True).returncode == 0:
            return command
    return None


def recorded(path: Path) -> set[int]:
    return {node["pid"] for node in json.loads(path.read_text())["nodes"] if node.get("pid")}


def running(cluster: Cluster) -> set[int]:
    return {node["pid"] for node in cluster.nodes()}


def slow_readers(programs: Path, model: Path, folder: Path, seconds: int) -> list[Figure]:
    """Clients that ask for much and read nothing."""
    cluster = Cluster(programs, Plan(model), folder)

    def trouble(_: Streams) -> list[Figure]:
        before, connections = cluster.resident_bytes(), cluster.connections()
        readers = [asker(cluster.port) for _ in range(SLOW_READERS)]
        most = 0
        # What was sent to them stands in the kernel, so that they do not know that they are cut off.
        end = time.monotonic() + 6 * seconds
        time.sleep(1)
        while (left := cluster.connections() - connections) > 0 and time.monotonic() < end:
            most = max(most, cluster.resident_bytes())
            time.sleep(0.05)
        for reader in readers:
            reader.close()
        return [
            Figure("clients that asked for much and read nothing", SLOW_READERS),
            Figure("those that were cut off", SLOW_READERS - left, least=SLOW_READERS),
            Figure("orchestrator's memory before", before / 1e6, "MB"),
            Figure("orchestrator's memory at most", most / 1e6, "MB"),
        ]
    return beside_streams(cluster, trouble)


def asker(port: int) -> socket.socket:
    """A client with a small window that asks for a long stream, and for much else at once."""
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader.connect(("127.0.0.1", port))
    lines = "NODES\n" * NODE_LISTS
    stream = '{"prompt":"Go on","max_tokens":900,"ignore_eos":true}'

    def send_all() -> None:
        try:
            reader.sendall(f"INFER #s {stream}\n{lines}".encode())
        except OSError:
            pass  # It was cut off.
    threading.Thread(target=send_all, daemon=True).start()
    return reader


def reconnect(programs: Path, model: Path, folder: Path, rounds: int) -> list[Figure]:
    """2,000 clients connect at once, ask one thing each, and leave; again and again."""
    cluster = Cluster(programs, Plan(model), folder)
    spans: list[float] = []
    answered = 0

    def trouble(_: Streams) -> list[Figure]:
        nonlocal answered
        for _ in range(rounds):
            start = time.monotonic()
            answered += crowd(cluster.port)
            spans.append(time.monotonic() - start)
            time.sleep(0.5)
        return [
            Figure("times that 2,000 clients connected", rounds),
            Figure("clients that were not answered", rounds * CLIENTS - answered, most=0),
            Figure("until all had their answers, median", 1000 * percentile(spans, 0.5), "ms"),
        ]
    return beside_streams(cluster, trouble)


def crowd(port: int) -> int:
    """Connects as many clients as the kernel takes, and returns how many had an answer."""
    selector = selectors.DefaultSelector()
    for _ in range(CLIENTS):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(("127.0.0.1", port))
        selector.register(client, selectors.EVENT_WRITE)
    open_clients, answered = CLIENTS, 0
    deadline = time.monotonic() + 60
    while open_clients and time.monotonic() < deadline:
        for key, events in selector.select(1):
            client = key.fileobj
            try:
                if events & selectors.EVENT_WRITE:
                    client.send(b"PING\n")
                    selector.modify(client, selectors.EVENT_READ)
                    continue
                answered += client.recv(4096).startswith(b"PONG")
            except OSError:
                pass
            selector.unregister(client)
            client.close()
            open_clients -= 1
    for key in list(selector.get_map().values()):
        key.fileobj.close()
    selector.close()
    return answered


NOTES = {disk: "a tmpfs of 1 MiB, mounted in a mount namespace of the orchestrator's own"}
