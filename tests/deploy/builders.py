import asyncio


async def somebody_on(port: int) -> asyncio.Server:
    """A server that hangs up at once."""
    return await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", port)
