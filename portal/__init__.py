"""The project: settings, URLs, system checks, and the pages that span the apps. It puts the apps
together, and no app imports it.
"""
