"""The server around the pages: start and stop, host checks, ended sessions, deletion of uploads, warm-up."""
