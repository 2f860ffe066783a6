"""Words that all checks use: clients, names of their own, what must be refused."""

import itertools
import os
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

REGION = "ap-northeast-1"
ACCOUNT = "123456789012"
COUNT = itertools.count(1)


def client(service, endpoint_url=None, **config):
    config = Config(retries={"max_attempts": 1, "mode": "standard"}, **config)
    return boto3.client(service, region_name=REGION, endpoint_url=endpoint_url, config=config)


def name(stem):
    """A name that no other check has."""
    return f"{stem}-{os.getpid()}-{next(COUNT)}"


def refused(code, call, *arguments, **members):
    """The call fails with this code; gives the error's answer."""
    try:
        call(*arguments, **members)
    except ClientError as error:
        seen = error.response["Error"]
        assert seen["Code"] == code, f"wanted {code}, saw {seen}"
        assert seen.get("Message") is not None
        return error.response
    raise AssertionError(f"wanted {code}, but it went well")


def status(answer):
    return answer["ResponseMetadata"]["HTTPStatusCode"]


def until(holds, seconds=30):
    """Waits until holds() is true."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not so within {seconds} s"
        time.sleep(0.2)


def waiter(client, name):
    """A waiter that asks often."""
    found = client.get_waiter(name)
    return lambda **members: found.wait(WaiterConfig={"Delay": 1, "MaxAttempts": 90}, **members)


def pages(client, operation, key, **members):
    """All things of all pages, and how many pages there were."""
    found = list(client.get_paginator(operation).paginate(**members))
    return [one for page in found for one in page.get(key, [])], len(found)
