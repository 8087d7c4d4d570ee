"""Serves a simulation's control on a unix socket: one JSON request a line, one answer a line."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from wwand.simulator.control import Control


@asynccontextmanager
async def serve_control(control: Control, path: Path) -> AsyncIterator[None]:
    """Listen on `path`, which only its owner can use, as long as the context is open."""
    clients: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                try:
                    answer = await control.do(json.loads(line))
                except ValueError as error:
                    answer = {"ok": False, "error": f"not JSON: {error}"}
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        except ConnectionError:
            return
        finally:
            writer.close()

    def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(serve(reader, writer))
        clients.add(task)
        task.add_done_callback(clients.discard)

    server = await asyncio.start_unix_server(client, path)
    os.chmod(path, 0o600)
    try:
        yield
    finally:
        server.close()
        for task in clients:
            task.cancel()
        await asyncio.gather(*clients, return_exceptions=True)
        with suppress(FileNotFoundError):
            os.unlink(path)
