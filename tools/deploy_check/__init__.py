"""`make deploy-check`: whether deploy/ makes a running site of a bare Debian 13. What it runs lives here;
what production needs lives in deploy/.
"""
