"""Our own origin on this machine, as deploy/origin-*.conf ask for it: RTMP in, HLS out."""

import contextlib
import os
import secrets
import shutil
import socket
from pathlib import Path
from typing import Any

from tools.process import unprivileged_user

SCRIPT = Path(__file__).resolve().parent.parent / "deploy" / "origin-renditions.sh"
MODULE = "ngx_rtmp_module.so"
MODULE_FOLDERS = ("/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/usr/share/nginx/modules")


def rtmp_module() -> Path | None:
    """None: apt install libnginx-mod-rtmp"""
    return next(
        (path for folder in MODULE_FOLDERS if (path := Path(folder, MODULE)).is_file()), None
    )


class Origin:
    """Three ports of its own, which nobody else had a moment ago, and folders in `directory`.

    variables    the environment that the app needs for it
    rtmp_url     where encoders send to, without the key
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.secret = secrets.token_hex(16)
        self.ports = _free_ports(3)
        self.hls_root = directory / "hls"
        self.recordings_root = directory / "recordings"
        self.rtmp_url = f"rtmp://127.0.0.1:{self.ports[0]}/live"

    @property
    def variables(self) -> dict[str, str]:
        return {
            "ORIGIN_SECRET": self.secret,
            "ORIGIN_STAGE": f"127.0.0.1:{self.ports[1]}",
            "RTMP_URL": self.rtmp_url,
            "RECORDINGS_ROOT": str(self.recordings_root),
            "LOOPBACK_URL": f"http://127.0.0.1:{self.ports[2]}",
        }

    def prepare(self) -> None:
        """nginx writes as another user, and may not look into the project's folder."""
        user: dict[str, Any] = unprivileged_user()
        for folder in (self.hls_root, self.recordings_root, self.recordings_root / "incoming"):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o755)
            if user and folder is not self.recordings_root:
                os.chown(folder, user["user"], user["group"])
        shutil.copy(SCRIPT, self.directory)
        (self.directory / SCRIPT.name).chmod(0o755)

    def machine_files(self) -> dict[str, str]:
        """By name; what belongs at the end of a file that is there anyway, too."""
        rtmp, stage, loopback = self.ports
        hooks = f"http://127.0.0.1:{loopback}/_origin"
        roots = f"set $hls_root {self.hls_root};\nset $recordings_root {self.recordings_root};\n"
        return {
            "main.conf": f"load_module {rtmp_module()};\ninclude origin-rtmp.conf;\n",
            "http.conf": "include origin-loopback.conf;\n",
            "site.conf": f"{roots}include origin-gate.conf;\n",
            "origin-in.conf": f"""
listen 127.0.0.1:{rtmp};
on_publish {hooks}/key/?secret={self.secret};
on_update {hooks}/key/?secret={self.secret};
""",
            "origin-out.conf": f"""
listen 127.0.0.1:{stage};
on_publish {hooks}/began/?secret={self.secret};
on_publish_done {hooks}/ended/?secret={self.secret};
on_record_done {hooks}/recorded/?secret={self.secret};
hls_path {self.hls_root};
hls_playlist_length 10m;
record_path {self.recordings_root}/incoming;
exec_push {self.directory}/{SCRIPT.name} {self.hls_root}/$name;
""",
            "origin-loopback.conf": f"""
listen 127.0.0.1:{loopback};
set $site_host localhost;
set $static_root {self.directory}/static;
set $hls_root {self.hls_root};
""",
        }


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [probe.getsockname()[1] for probe in probes]
