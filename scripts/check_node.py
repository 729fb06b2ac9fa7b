"""Tries the DICOM node of hilum with Orthanc and dcmtk; scripts/check_node.sh prepares what it needs.

    python3 scripts/check_node.py --hilum HILUM --folder FOLDER

FOLDER/phantoms holds series to send while the node is killed, FOLDER/large one of 64 slices.
"""

import argparse
import base64
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

SR = "1.2.840.10008.5.1.4.1.1.88.33"
CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
# Of a series, if nobody says otherwise.
CAPTURES = 3
# From the last instance to the report in Orthanc: held against only where it is asked for, since a busy machine is slow.
SECONDS = float(os.environ.get("HILUM_SECONDS", "inf"))


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait(what, holds, seconds=60.0, pause=0.05):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = holds()
        if found:
            return found
        time.sleep(pause)
    raise SystemExit(f"failed: {what}: not within {seconds:.0f} s")


def expect(what, holds):
    if not holds:
        raise SystemExit(f"failed: {what}")
    print(f"ok: {what}", flush=True)


class Process:
    def __init__(self, command, log):
        self.log = log
        with open(log, "ab") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()


class Orthanc:
    """An Orthanc with a folder of its own, which can be stopped and started again."""

    def __init__(self, folder, name, node_port):
        self.name, self.folder = name, folder / name
        self.folder.mkdir()
        self.http, self.dicom = free_port(), free_port()
        self.log = folder / f"{name}.log"
        settings = {
            "Name": name,
            "StorageDirectory": str(self.folder),
            "IndexDirectory": str(self.folder),
            "HttpPort": self.http,
            "DicomPort": self.dicom,
            "DicomAet": name,
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False,
            "DicomAlwaysAllowStore": True,
            "DicomModalities": {"hilum": ["HILUM", "127.0.0.1", node_port]},
            "Plugins": ["/usr/share/orthanc/plugins/libOrthancDicomWeb.so"],
            "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
        }
        self.settings = folder / f"{name}.json"
        self.settings.write_text(json.dumps(settings))
        self.process = None
        self.start()

    def start(self):
        self.process = Process(["Orthanc", str(self.settings)], self.log)
        wait(f"{self.name} answers", lambda: self.ask("/system"))

    def stop(self):
        self.process.stop()

    def request(self, path, body=None):
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}{path}", data=data)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)

    def ask(self, path, body=None):
        try:
            return self.request(path, body)
        except (OSError, urllib.error.HTTPError):
            return None

    def objects(self, sop_class, study=None):
        """SOP instance UIDs of a class and their Orthanc identifiers."""
        query = {"SOPClassUID": sop_class} | ({"StudyInstanceUID": study} if study else {})
        found = self.ask("/tools/find", {"Level": "Instance", "Query": query, "Expand": True})
        tags = {one["MainDicomTags"]["SOPInstanceUID"]: one["ID"] for one in found or []}
        return tags

    def file(self, identifier):
        address = f"http://127.0.0.1:{self.http}/instances/{identifier}/file"
        with urllib.request.urlopen(address, timeout=60) as answer:
            return answer.read()


class Node:
    def __init__(self, hilum, folder, port, send_to, more=()):
        self.command = [
            *hilum.split(), "serve", "--address", "127.0.0.1:0",
            "--dicom", f"127.0.0.1:{port}", "--ae-title", "HILUM", "--dicom-folder", str(folder / "node"),
        ]
        for destination in send_to:
            self.command += ["--send-to", destination]
        self.command += more
        self.port, self.log = port, folder / "hilum.log"
        self.process = None
        self.start()

    def start(self):
        self.process = Process(self.command, self.log)

        def listens():
            if self.process.process.poll() is not None:
                sys.stderr.write(self.log.read_text(errors="replace")[-4000:])
                raise SystemExit("failed: hilum ended")
            with socket.socket() as client:
                return client.connect_ex(("127.0.0.1", self.port)) == 0

        wait("hilum listens", listens)

    def kill(self):
        self.process.kill()

    def stop(self):
        self.process.stop()


def run(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True)


def store(port, flags, *files):
    return run("storescu", "-aet", "DCMTK", "-aec", "HILUM", *flags, "127.0.0.1", port, *files)


def uid_of(file, tag):
    said = run("dcmdump", "-Un", "+P", tag, file).stdout
    return said.split("[", 1)[1].split("]", 1)[0].strip("\0")


def check_dcmtk(node, orthanc, folder, slices):
    echo = run("echoscu", "-aec", "HILUM", "127.0.0.1", node.port)
    expect("echoscu is answered", echo.returncode == 0)
    other = run("echoscu", "-aec", "OTHER", "127.0.0.1", node.port)
    expect("echoscu that calls another is rejected", other.returncode != 0)
    syntaxes = {
        "explicit little endian": (["dcmconv", "+te"], ["-xe"]),
        "implicit little endian": (["dcmconv", "+ti"], ["-xi"]),
        "explicit big endian": (["dcmconv", "+tb"], ["-xb"]),
        "deflated": (["dcmconv", "+td"], ["-xd"]),
        "JPEG lossless": (["dcmcjpeg", "+e1"], ["-xs"]),
        "JPEG extended": (["dcmcjpeg", "+ee"], ["-xx"]),
        "JPEG-LS lossless": (["dcmcjpls", "+el"], ["-xt"]),
        "RLE": (["dcmcrle"], ["-xr"]),
    }
    for name, (convert, flags) in syntaxes.items():
        work = folder / "syntax"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        files = []
        for number, slice in enumerate(slices):
            file = work / f"{number}.dcm"
            made = run(*convert, slice, file)
            if made.returncode:
                raise SystemExit(f"failed: {convert}: {made.stderr}")
            files.append(file)
        # Another series of another study, or the first one would be all that is predicted.
        salt = base64.b16encode(name.encode())[:8].decode()
        for file in files:
            study, series = (f"2.25.{int(salt, 16)}.{part}" for part in (1, 2))
            changed = run(
                "dcmodify", "-nb", "-m", f"(0020,000d)={study}", "-m", f"(0020,000e)={series}", "-gin", file
            )
            if changed.returncode:
                raise SystemExit(f"failed: dcmodify: {changed.stderr}")
        sent = store(node.port, flags, *files)
        expect(f"storescu is taken, {name}", sent.returncode == 0)
        reports = wait(f"a report, {name}", lambda: orthanc.objects(SR, study))
        expect(f"one report, {name}", len(reports) == 1)


def results_of_node(folder, study):
    """Files that the node keeps of a study, by what `hilum predict --sr` calls them."""
    files = (folder / "node" / "results" / study).glob("*/*.dcm")
    kinds = {SR: "sr", CAPTURE: "capture"}
    return {f"{kinds[uid_of(file, '0008,0016')]}-{file.stem}.dcm": file.read_bytes() for file in files}


def check_same_as_predict(hilum, folder, slices):
    """What the node makes of a series as it comes is what `hilum predict` makes of its files, to the byte."""
    study, written = uid_of(slices[0], "0020,000d"), folder / "written"
    said = run(*hilum.split(), "--quiet", "predict", *slices, "--sr", written)
    expect("hilum predict --sr writes results", said.returncode == 0)
    expected = {file.name: file.read_bytes() for file in written.glob("*.dcm")}
    expect("the node makes the same results as hilum predict --sr", results_of_node(folder, study) == expected)


def dump(file):
    said = run("dsrdump", file)
    return said.stdout if said.returncode == 0 else None


def check_round_trip(node, here, web, archive, folder, slices):
    for file in slices:
        here.request("/instances", file.read_bytes())
    series = uid_of(slices[0], "0020,000e")
    study = uid_of(slices[0], "0020,000d")
    found = here.request("/tools/find", {"Level": "Series", "Query": {"SeriesInstanceUID": series}})
    here.request("/modalities/hilum/echo", b"{}")
    took = []
    sent = here.request("/modalities/hilum/store", {"Resources": found, "Synchronous": True})
    last = time.monotonic()
    expect(f"Orthanc sends {len(slices)} slices", sent["FailedInstancesCount"] == 0)
    wait("the report in Orthanc", lambda: here.objects(SR, study))
    took.append(time.monotonic() - last)
    print(f"from the last instance to the report in Orthanc: {took[0]:.2f} s", flush=True)
    if SECONDS < float("inf"):
        expect(f"that is under {SECONDS:.0f} s", took[0] < SECONDS)
    wait("captures in Orthanc by C-STORE", lambda: len(here.objects(CAPTURE, study)) == CAPTURES)
    captures = here.objects(CAPTURE, study)
    expect("captures are in Orthanc by C-STORE", len(captures) == CAPTURES)
    reports = here.objects(SR, study)
    wait("the report by STOW-RS", lambda: web.objects(SR, study))
    wait("captures by STOW-RS", lambda: web.objects(CAPTURE, study).keys() == captures.keys())
    expect("the same report came by STOW-RS", web.objects(SR, study).keys() == reports.keys())
    file = folder / "report.dcm"
    file.write_bytes(here.file(next(iter(reports.values()))))
    text = dump(file)
    expect("dsrdump reads the report", text and "Measurement Group" in text)
    if archive:
        kept = wait("the report in dcmqrscp", lambda: [one for one in archive.glob("*") if "SR" in one.name], 30)
        expect("dcmqrscp has the report", kept)

    here.request("/modalities/hilum/store", {"Resources": found, "Synchronous": True})
    time.sleep(4)
    expect("what is sent again is not predicted again", here.objects(SR, study).keys() == reports.keys())


def dcmqrscp(folder):
    """An archive of dcmtk's, or None where it is not to be had."""
    if not shutil.which("dcmqrscp"):
        print("skipped: no dcmqrscp here")
        return None, None, None
    archive, port = folder / "archive", free_port()
    archive.mkdir()
    settings = folder / "dcmqrscp.cfg"
    settings.write_text(
        f"""NetworkTCPPort = {port}
MaxPDUSize = 16384
MaxAssociations = 16
HostTable BEGIN
HostTable END
VendorTable BEGIN
VendorTable END
AETable BEGIN
ARCHIVE {archive} RW (200, 1024mb) ANY
AETable END
"""
    )
    return Process(["dcmqrscp", "-c", str(settings)], folder / "dcmqrscp.log"), archive, f"ARCHIVE@127.0.0.1:{port}"


def reports_of(orthanc, studies):
    """How many reports there are of each study that has one."""
    counts = {study: len(orthanc.objects(SR, study)) for study in studies}
    return {study: count for study, count in counts.items() if count}


def check_killing(node, orthanc, folder, series):
    """Sends series while the node is killed at random moments and Orthanc comes and goes."""
    generator = random.Random(16)
    waiting = {uid_of(files[0], "0020,000d"): files for files in series}
    studies = set(waiting)
    sending, kills, outages = None, 0, 0
    end = time.monotonic() + 30 * len(series) + 120
    while waiting or sending:
        if time.monotonic() > end:
            raise SystemExit(f"failed: {len(waiting)} series cannot be sent")
        if sending is None:
            study = next(iter(waiting))
            command = ["storescu", "-aec", "HILUM", "-to", "5", "-ta", "10", "127.0.0.1", str(node.port)]
            command += [str(file) for file in waiting[study]]
            sending = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(generator.uniform(0, 0.15))
        if generator.random() < 0.12:
            node.kill()
            kills += 1
            node.start()
        if generator.random() < 0.02:
            orthanc.stop()
            outages += 1
            time.sleep(generator.uniform(0, 2))
            orthanc.start()
        code = sending.poll()
        if code is not None:
            sending = None
            if code == 0:
                del waiting[study]
    node.kill()
    node.start()

    before = len(orthanc.objects(SR)) - len(reports_of(orthanc, studies))
    limit = 30 + 6 * len(series) + 90
    wait("a report of every series", lambda: len(orthanc.objects(SR)) - before >= len(series), limit, 0.5)
    wait("a report of every series", lambda: reports_of(orthanc, studies).keys() == studies, limit, 2)
    time.sleep(5)
    counts = reports_of(orthanc, studies)
    twice = {study: count for study, count in counts.items() if count != 1}
    expect(
        f"{len(series)} series, {kills} kills, {outages} outages of Orthanc: each has one report",
        not twice,
    )


def check_tls(hilum, folder, slices):
    """A node that speaks TLS alone, with certificates of tests, and sends to a storescp that does so, too."""
    pki = Path(__file__).resolve().parents[1] / "crates/hilum-node/tests/reference"
    if not (shutil.which("storescp") and "+tla" in run("echoscu", "--help").stdout):
        print("skipped: dcmtk without TLS here")
        return
    server, client, issuer = ([str(pki / f"{name}.key"), str(pki / f"{name}.pem")] for name in ("server", "client", "issuer"))
    port, to, place = free_port(), free_port(), folder / "by-tls"
    place.mkdir()
    trusts = ["+cf", issuer[1]]
    receiver = Process(["storescp", "+tls", *server, *trusts, "-od", str(place), str(to)], folder / "storescp.log")
    more = ["--dicom-tls-key", server[0], "--dicom-tls-cert", server[1], "--dicom-tls-ca", issuer[1]]
    (folder / "tls").mkdir()
    node = Node(hilum, folder / "tls", port, [f"dicom-tls://STORESCP@localhost:{to}"], more)
    try:
        echo = ("echoscu", "-to", "5", "-ta", "5", "-aec", "HILUM")
        known, unknown = ("+tls", *client), ("+tls", str(pki / "stranger.key"), str(pki / "stranger.pem"))
        expect("echoscu with TLS is answered", run(*echo, *known, *trusts, "127.0.0.1", port).returncode == 0)
        expect("echoscu without TLS is not", run(*echo, "127.0.0.1", port).returncode != 0)
        nobody = run(*echo, "+tla", *trusts, "127.0.0.1", port)
        expect("echoscu without a certificate is not", nobody.returncode != 0)
        stranger = run(*echo, *unknown, *trusts, "127.0.0.1", port)
        expect("echoscu with one that nobody vouches for is not", stranger.returncode != 0)
        sent = store(port, [*known, *trusts], *slices)
        expect("storescu with TLS is taken", sent.returncode == 0)
        reports = wait("the report by TLS", lambda: list(place.glob("SR*")))
        expect("one report goes out by TLS", len(reports) == 1)
    finally:
        node.stop()
        receiver.stop()


def slices_to_time(folder):
    given = os.environ.get("HILUM_SERIES")
    shared = Path(given) if given else Path("../shared/data/dicom/lung-pet-ct-dx-A0001")
    slices = sorted(shared.glob("*.dcm"))
    if slices:
        return slices
    print("skipped: the real series is not here; phantoms instead")
    return sorted((folder / "large").glob("*/*.dcm"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--hilum", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    port = free_port()
    started = []
    try:
        here = Orthanc(folder, "HERE", port)
        started.append(here)
        web = Orthanc(folder, "WEB", port)
        started.append(web)
        archive_process, archive, archive_name = dcmqrscp(folder)
        if archive_process:
            started.append(archive_process)
        send_to = [f"HERE@127.0.0.1:{here.dicom}", f"http://127.0.0.1:{web.http}/dicom-web"]
        send_to += [archive_name] if archive_name else []
        node = Node(arguments.hilum, folder, port, send_to)
        started.append(node)
        slices = slices_to_time(folder)
        check_round_trip(node, here, web, archive, folder, slices)
        check_same_as_predict(arguments.hilum, folder, slices)
        phantoms = sorted((folder / "phantoms").iterdir())
        series = [sorted(one.glob("*.dcm")) for one in phantoms]
        check_dcmtk(node, here, folder, series[0][:2])
        check_tls(arguments.hilum, folder, series[0])
        check_killing(node, here, folder, series)
    finally:
        for one in started:
            one.stop()


if __name__ == "__main__":
    main()
