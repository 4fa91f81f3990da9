"""deploy/nginx.conf on this machine, with the files beside it that its comment asks for."""

import contextlib
import grp
import os
import pwd
import resource
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tools.origin import Origin
from tools.process import NotStarted, answers, running, unprivileged_user

# A user's PATH often lacks the folders for system programs.
SEARCH_PATH = f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin"
CONFIGS = Path(__file__).resolve().parent.parent / "deploy"


@contextlib.contextmanager
def nginx(
    directory: Path,
    admin_path: str,
    port: int,
    origin: Origin | None = None,
    *,
    tls: bool = False,
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Serve on 127.0.0.1:port what the socket app.sock and the folders static and media in
    `directory` hold; yields the address, without a slash at the end, and the main process. With
    `tls` it has a certificate of its own making, certificate.pem in `directory`."""
    binary = shutil.which("nginx", path=SEARCH_PATH)
    if not binary:
        raise NotStarted("nginx is not installed: apt install nginx, or brew install nginx")
    home = directory / "nginx"
    (home / "front-row").mkdir(parents=True, exist_ok=True)
    home.chmod(0o755)  # its workers write below it as another user
    files = _machine_files(directory, port, admin_path)
    if tls:
        make_certificate(directory)
        for name in ("catch-all.conf", "site.conf"):
            files[name] = files[name].replace(f":{port}", f":{port} ssl", 1)
        files["site.conf"] += f"""
ssl_certificate {directory}/certificate.pem;
ssl_certificate_key {directory}/key.pem;
error_page 497 =308 https://$host:$server_port$request_uri;
"""
        files["catch-all.conf"] += "ssl_reject_handshake on;\n"
    if origin:
        origin.prepare()
        for name, content in origin.machine_files().items():
            files[name] = files.get(name, "") + content
    for name, content in files.items():
        (home / "front-row" / name).write_text(content)
    for config in CONFIGS.glob("*.conf"):
        shutil.copy(config, home)
    command = [binary, "-e", "stderr", "-p", home, "-c", home / "nginx.conf"]

    def is_ready(_: object) -> bool:
        # It has written its pid, so it is not another server that has the port and answers.
        return (home / "nginx.pid").exists() and answers(("127.0.0.1", port))

    with running(command, directory / "nginx.log", is_ready) as process:
        yield f"{'https' if tls else 'http'}://localhost:{port}", process


def make_certificate(directory: Path) -> None:
    """For localhost, signed by itself: certificate.pem and key.pem."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    hosts = [x509.DNSName(host) for host in ("localhost", "*.localhost")]
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=90))
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    (directory / "certificate.pem").write_bytes(certificate.public_bytes(encoding))
    (directory / "key.pem").touch(0o600)
    (directory / "key.pem").write_bytes(
        key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def _machine_files(directory: Path, port: int, admin_path: str) -> dict[str, str]:
    home = directory / "nginx"
    most_files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return {
        "main.conf": f"""
daemon off;
{_user_line()}
pid {home}/nginx.pid;
error_log stderr crit;
worker_rlimit_nofile {most_files};
""",
        "http.conf": f"""
access_log {directory}/access.log front_row;
proxy_cache_path {home}/cache keys_zone=shared:1m max_size=64m;
client_body_temp_path {home}/body;
proxy_temp_path {home}/proxy;
fastcgi_temp_path {home}/fastcgi;
uwsgi_temp_path {home}/uwsgi;
scgi_temp_path {home}/scgi;
""",
        "upstream.conf": f"""
upstream app {{
    server unix:{directory}/app.sock max_fails=0;
}}
""",
        "catch-all.conf": f"listen 127.0.0.1:{port} default_server backlog=4096;\n",
        "site.conf": f"""
listen 127.0.0.1:{port};
server_name localhost *.localhost 127.0.0.1;
set $static_root {directory}/static;
set $media_root {directory}/media;
set $emergency_file {directory}/emergency.txt;
location /{admin_path} {{
    client_max_body_size 20m;
    proxy_pass http://app;
}}
""",
    }


def _user_line() -> str:
    user = unprivileged_user()
    if not user:
        return ""  # nginx stays whoever started it
    names = pwd.getpwuid(user["user"]).pw_name, grp.getgrgid(user["group"]).gr_name
    return f"user {names[0]} {names[1]};"
