"""Files in one piece: who reads one slowly, or not at all, holds no thread."""

from flask import Flask, Response


def send_files_whole(app: Flask) -> None:
    """Let ``app`` hand each file over to the web server at once.

    In pieces, as Flask sends files, a thread stays with each until its reader has taken nearly all of it: 32 callers
    who asked for the largest (1.4 MB) and read nothing held all threads, for as long as they liked. In one piece it is
    the web server's, which needs none.
    """
    app.after_request(_in_one_piece)


def _in_one_piece(answer: Response) -> Response:
    # Flask's word for a file; nothing else is more than one piece, but for streams, whose number is bounded.
    if answer.direct_passthrough and answer.status_code != 304:
        answer.direct_passthrough = False
        answer.set_data(answer.get_data())
    return answer
