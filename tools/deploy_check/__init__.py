"""`make deploy-check`: whether deploy/ makes a running site of a bare Debian 13. What it runs lives here;
what production needs lives in deploy/.
"""

# What `systemd-analyze security` may say of a unit of ours; 10 is no sandbox at all.
MOST_EXPOSED = 2.0
