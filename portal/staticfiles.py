from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Hashed names also inside ES modules, so that `import "./clock.js"` is never an old one."""

    support_js_module_import_aggregation = True
