"""What can stop embedded mode from starting, each with what to do about it."""

from app.errors import AppError, ConflictError


class AlreadyRunningError(ConflictError):
    """Hornbook is already running at {url} (process {pid}) on {home}."""

    code = "already_running"


class PortTakenError(AppError):
    """Port {port} on {host} is taken by another program. Choose another one with --port or HORNBOOK_PORT."""

    code = "port_taken"
    status = 409


class AnotherAnswersError(AppError):
    """At {url} another program answers, not the API that was started there: it took the port first. Start again, or
    choose another port with --port or HORNBOOK_PORT."""

    code = "another_answers"
    status = 409


class PostgresVersionError(AppError):
    """{data} was made by Postgres {found}, but this Hornbook brings Postgres {expected}. Choose an empty folder with
    HORNBOOK_HOME, or move the data with pg_dump from a Postgres {found}."""

    code = "postgres_version"


class MissingServerError(AppError):
    """There is no {program} for this Python and platform. {remedy}"""

    code = "missing_server"


class DataOwnerError(AppError):
    """{data} belongs to user id {owner}, but this is user id {user}. Start Hornbook as its owner, or choose another
    folder with HORNBOOK_HOME."""

    code = "data_owner"


class SecretsLostError(AppError):
    """{data} holds databases, but their passwords in {secrets} are gone. Put the file back, or delete {data} to start
    afresh."""

    code = "secrets_lost"


class StartFailedError(AppError):
    """{name} did not start: {reason}. The end of {log}:
    {tail}"""

    code = "start_failed"
