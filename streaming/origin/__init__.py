"""Our own origin: pictures come in from encoders by RTMP and go out as HLS, both by nginx, which
asks here who may send and who may watch (deploy/origin-*.conf). docs/own-origin.md has the whole of
it.
"""
