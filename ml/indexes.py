"""The index of a version's vectors: built, built anew, and dropped beside the traffic."""

from django.db import connection

from ml.models import ModelVersion

INDEX_LOCK = 50_415  # any number of our own: the first key of the advisory lock
DROPPED_AT_ONCE = 5_000


def create_index(version: ModelVersion, *, anew: bool = False) -> bool:
    """Build the version's HNSW index beside the traffic, unless a valid one is there.

    ``anew`` builds it in any case, while searches use the old one. Returns False where another
    process is at it.
    """
    if connection.in_atomic_block:
        raise RuntimeError("an index is built concurrently, outside of transactions")
    with connection.cursor() as cursor:
        # One builder at a time: a second would take the first one's index for a broken one.
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [INDEX_LOCK, version.pk])
        if cursor.fetchone() != (True,):
            return False
        try:
            cursor.execute("SET statement_timeout = 0")
            for name in _invalid_indexes(version):
                cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            is_valid = version.has_index()
            if is_valid and not anew:
                return True
            if is_valid:
                cursor.execute(f"REINDEX INDEX CONCURRENTLY {version.index_name}")
            else:
                cursor.execute(
                    f"CREATE INDEX CONCURRENTLY {version.index_name} ON ml_embedding "
                    "USING hnsw (vector halfvec_cosine_ops) WITH (m = 16, ef_construction = 128) "
                    f"WHERE version_id = {version.pk:d}"
                )
            # For the searches' estimates, and for reading offers from their index alone.
            cursor.execute("VACUUM (ANALYZE) ml_embedding, ml_offer")
        finally:
            cursor.execute("RESET statement_timeout")
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [INDEX_LOCK, version.pk])
    return True


def _invalid_indexes(version: ModelVersion) -> list[str]:
    """Return what killed builds left: the version's index, or the copy that was to replace it.

    Each embedding that is stored would be put into a copy as well, for good.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid "
            "WHERE indrelid = 'ml_embedding'::regclass AND NOT indisvalid AND relname ~ %s",
            [rf"^{version.index_name}(_cc(new|old)\d*)?$"],
        )
        return [name for (name,) in cursor.fetchall()]


def drop_index(version: ModelVersion) -> None:
    """Drop the version's index beside the traffic; harmless where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {version.index_name}")


def drop_embeddings(version: ModelVersion) -> int:
    """Drop a retired version's index and, in batches, its embeddings with their offers.

    Returns how many embeddings went. The version stays: embedded again, it can be promoted. Raises
    ValueError for one that is not retired, whose embeddings would be made anew.
    """
    if version.state != ModelVersion.State.RETIRED:
        raise ValueError(f"{version} is {version.state}: only a retired version's vectors may go.")
    drop_index(version)
    dropped = 0
    with connection.cursor() as cursor:
        while True:
            # The offers go along by a trigger; nothing else hangs on an embedding.
            cursor.execute(
                "DELETE FROM ml_embedding WHERE id = ANY (ARRAY("
                "SELECT id FROM ml_embedding WHERE version_id = %s LIMIT %s))",
                [version.pk, DROPPED_AT_ONCE],
            )
            if not cursor.rowcount:
                break
            dropped += cursor.rowcount
        cursor.execute("SET statement_timeout = 0")
        try:
            cursor.execute("VACUUM (ANALYZE) ml_embedding, ml_offer")
        finally:
            cursor.execute("RESET statement_timeout")
    return dropped
