"""HDFS of a name node and a data node, as Hadoop ships them; Spark has only its client, and fetches the servers."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyspark
from pyspark import SparkConf, SparkContext

from tests.services import START_SECONDS, free_port
from training.spark.java import java_home

SERVERS = "org.apache.hadoop:hadoop-client-minicluster"
NODES = "org.apache.hadoop.hdfs.server"
ADDRESSES = (
    "dfs.namenode.http-address", "dfs.datanode.address", "dfs.datanode.http.address", "dfs.datanode.ipc.address",
)  # fmt: skip
COPIED = "/copied"


@contextmanager
def copied(folder: Path) -> Iterator[str]:
    """A copy of a folder in an HDFS of our own; yields its URL."""
    root = f"hdfs://127.0.0.1:{free_port()}"
    with tempfile.TemporaryDirectory(prefix="hdfs-") as scratch, ExitStack() as stack:
        settings = {"fs.defaultFS": root, "hadoop.tmp.dir": scratch, "dfs.replication": "1"}
        settings |= dict.fromkeys(ADDRESSES, "127.0.0.1:0")
        told = "".join(
            f"<property><name>{name}</name><value>{value}</value></property>" for name, value in settings.items()
        )
        for name in ("core-site.xml", "hdfs-site.xml"):
            Path(scratch, name).write_text(f"<configuration>{told}</configuration>")
        java = [str(java_home() / "bin" / "java"), "-Xmx256m", "-cp", f"{scratch}:{_classes()}"]
        name_node, data_node = ([*java, f"{NODES}.{node}"] for node in ("namenode.NameNode", "datanode.DataNode"))
        subprocess.run([*name_node, "-format", "-force", "-nonInteractive"], capture_output=True, check=True)
        for node in (name_node, data_node):
            output = stack.enter_context(Path(scratch, "output").open("ab"))
            stack.callback(_end, subprocess.Popen(node, stdout=output, stderr=output))
        _put([*java, "org.apache.hadoop.fs.FsShell"], folder)
        yield f"{root}{COPIED}"


def _classes() -> str:
    """Class path of Spark's Hadoop and its servers."""
    jars = Path(pyspark.__file__).parent / "jars"
    version = next(jars.glob("hadoop-client-api-*.jar")).stem.rpartition("-")[2]
    wanted = SparkConf().setMaster("local[1]").set("spark.jars.packages", f"{SERVERS}:{version}")
    with SparkContext(conf=wanted) as context:
        fetched = context.getConf().get("spark.jars", "").split(",")
    return ":".join([*(path.removeprefix("file://") for path in fetched), f"{jars}/*"])


def _put(shell: list[str], folder: Path) -> None:
    """Copy, as soon as both nodes have found each other; a part of a copy goes first, else it is there twice."""
    end = time.monotonic() + START_SECONDS
    while (done := _run([*shell, "-put", str(folder), COPIED])).returncode:
        assert time.monotonic() < end, done.stderr[-2_000:]
        _run([*shell, "-rm", "-r", "-f", "-skipTrash", COPIED])


def _run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _end(node: "subprocess.Popen[bytes]") -> None:
    node.kill()
    node.wait()
