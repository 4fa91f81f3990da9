"""The way to a server, as a cable that can be cut or is long."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Self

CHUNK = 65536
Address = str | tuple[str, int]


class Link:
    """Passes on to `server` (the path of a unix socket, or host and port) whoever comes to `address`,
    which is of the same kind. `delay`: seconds that each packet takes on its way. Cut, it takes
    connections and bytes and passes on nothing until it is whole again, as a network that has parted.
    """

    def __init__(self, server: Address, address: Address) -> None:
        self.server, self.address, self.delay = server, address, 0.0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._is_whole = asyncio.Event()
        self._is_whole.set()
        self._pumps: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        self._call(self._is_whole.clear)

    def mend(self) -> None:
        self._call(self._is_whole.set)

    async def _listen(self) -> None:
        if isinstance(self.address, str):
            self._listener = await asyncio.start_unix_server(self._pass_on, self.address)
        else:
            self._listener = await asyncio.start_server(self._pass_on, *self.address)
            self.address = self._listener.sockets[0].getsockname()

    async def _close(self) -> None:
        self._listener.close()
        for pump in tuple(self._pumps):
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if task := asyncio.current_task():
            self._pumps.add(task)
            task.add_done_callback(self._pumps.discard)
        await self._is_whole.wait()
        with contextlib.suppress(OSError):
            if isinstance(self.server, str):
                there = await asyncio.open_unix_connection(self.server)
            else:
                there = await asyncio.open_connection(*self.server)
            await asyncio.gather(self._pump(reader, there[1]), self._pump(there[0], writer))
        writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError):
                while data := await reader.read(CHUNK):
                    await asyncio.sleep(self.delay)
                    await self._is_whole.wait()
                    writer.write(data)
                    await writer.drain()
        finally:
            writer.close()

    def _call(self, act: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(act)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()
