"""The gateway's only way to the services: calls over RabbitMQ in nameko's wire protocol, and the events it follows.

One connection per worker, owned by one I/O thread; nothing else in the gateway touches pika.
"""

from gateway.rpc.client import RpcClient
from gateway.rpc.connection import CONNECT_SECONDS, Connection
from gateway.rpc.feed import Feed
from gateway.rpc.watch import Watch

__all__ = ["CONNECT_SECONDS", "Connection", "Feed", "RpcClient", "Watch"]
