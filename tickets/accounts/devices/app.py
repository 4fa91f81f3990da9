from allauth.usersessions.apps import UserSessionsConfig
from django.contrib.auth.signals import user_logged_in, user_logged_out


class DevicesConfig(UserSessionsConfig):
    """Of allauth.usersessions only the table is used: its own receiver loads every session that the
    person ever had, and its person, while somebody signs in.
    """

    def ready(self) -> None:
        from tickets.accounts.devices import (  # noqa: PLC0415 - needs the models
            gained_rights,
            sessions,
        )
        from tickets.admission import sign_in  # noqa: PLC0415 - as above
        from tickets.admission.watching import stop_watching  # noqa: PLC0415 - as above

        user_logged_in.connect(sign_in.keep_way)
        user_logged_in.connect(sessions.remember_sign_in)
        user_logged_out.connect(stop_watching)
        gained_rights.connect()
