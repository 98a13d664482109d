"""The faults that end the reading of a whole file, one class a code.

A fault of one record is no error: it is a `Reject`, and reading goes on.
"""

from app.errors import AppError


class CorpusFileError(AppError):
    """{file} cannot be read."""

    code = "bad_file"
    status = 422


class EmptyUploadError(CorpusFileError):
    """{file} is empty."""

    code = "empty_upload"


class NoRecordsError(CorpusFileError):
    """{file} holds no record, only white space or nothing that can be read."""

    code = "no_records"


class NotJsonlError(CorpusFileError):
    """{file} is not JSON Lines: {hint}."""

    code = "not_jsonl"


class InvalidUtf8Error(CorpusFileError):
    """{file} is not UTF-8; convert it first, for example with iconv -t UTF-8."""

    code = "invalid_utf8"


class MissingColumnError(CorpusFileError):
    """{file} has no column {column}; it has {columns}. Name the right one as the text field."""

    code = "missing_column"


class BadCsvError(CorpusFileError):
    """{file} has no usable CSV header: {reason}."""

    code = "bad_csv"


class BadGzipError(CorpusFileError):
    """{file} is not a whole gzip file: {reason}."""

    code = "bad_gzip"


class BadZstdError(CorpusFileError):
    """{file} is not a whole zstd file: {reason}."""

    code = "bad_zstd"


class BadZipError(CorpusFileError):
    """{file} is not a sound zip archive: {reason}."""

    code = "bad_zip"


class ZipOverlapError(CorpusFileError):
    """{file} has entries that share bytes."""

    code = "zip_overlap"


class TooManyEntriesError(CorpusFileError):
    """{file} has more than {limit} entries."""

    code = "too_many_entries"


class UnsafePathError(CorpusFileError):
    """{file} has an entry whose name or type is not safe: {entry}."""

    code = "unsafe_path"


class NestedArchiveError(CorpusFileError):
    """{file} has an archive inside: {entry}."""

    code = "nested_archive"


class EncryptedError(CorpusFileError):
    """{file} has an encrypted entry: {entry}."""

    code = "encrypted"


class BadParquetError(CorpusFileError):
    """{file} is not a readable Parquet file: {reason}."""

    code = "bad_parquet"


class TooManyColumnsError(CorpusFileError):
    """{file} has more than {limit} columns."""

    code = "too_many_columns"


class BadColumnTypeError(CorpusFileError):
    """{file}: column {column} holds {type}, not text."""

    code = "bad_column_type"


class DecompressedTooLargeError(CorpusFileError):
    """{file} grows beyond the limit when it is decompressed."""

    code = "decompressed_too_large"
    status = 413


class DecodedTooLargeError(CorpusFileError):
    """{file} grows beyond the limit when it is decoded."""

    code = "decoded_too_large"
    status = 413


class UnsupportedMediaError(CorpusFileError):
    """{file} is not supported: {reason}."""

    code = "unsupported_media"
    status = 415
