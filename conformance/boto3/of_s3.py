import hashlib
import json
import os
import socket
import urllib.error
import urllib.request

from words import REGION, client, name, pages, refused, status, waiter

s3 = client("s3")


def bucket():
    made = name("bucket")
    s3.create_bucket(Bucket=made, CreateBucketConfiguration={"LocationConstraint": REGION})
    return made


def check_buckets():
    one = bucket()
    waiter(s3, "bucket_exists")(Bucket=one)
    assert one in [have["Name"] for have in s3.list_buckets()["Buckets"]]
    assert s3.get_bucket_location(Bucket=one)["LocationConstraint"] == REGION
    assert s3.head_bucket(Bucket=one)["BucketRegion"] == REGION
    again = {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
    refused("BucketAlreadyOwnedByYou", s3.create_bucket, Bucket=one, **again)
    refused("InvalidBucketName", s3.create_bucket, Bucket="Not_a_name", **again)
    s3.delete_bucket(Bucket=one)
    waiter(s3, "bucket_not_exists")(Bucket=one)
    refused("404", s3.head_bucket, Bucket=one)
    refused("NoSuchBucket", s3.delete_bucket, Bucket=one)


def check_buckets_in_pages():
    stem = name("many")
    for number in range(3):
        s3.create_bucket(
            Bucket=f"{stem}-{number}",
            CreateBucketConfiguration={"LocationConstraint": REGION},
        )
    found, count = pages(
        s3, "list_buckets", "Buckets", Prefix=stem, PaginationConfig={"PageSize": 2}
    )
    assert (len(found), count) == (3, 2)


def check_objects():
    one = bucket()
    put = s3.put_object(
        Bucket=one, Key="a b/ü.html", Body=b"hello", ContentType="text/html",
        CacheControl="no-cache", Metadata={"who": "me"},
    )
    assert put["ETag"] == f'"{hashlib.md5(b"hello").hexdigest()}"'
    got = s3.get_object(Bucket=one, Key="a b/ü.html")
    assert got["Body"].read() == b"hello"
    assert (got["ContentType"], got["CacheControl"]) == ("text/html", "no-cache")
    assert got["Metadata"] == {"who": "me"} and got["ETag"] == put["ETag"]
    waiter(s3, "object_exists")(Bucket=one, Key="a b/ü.html")
    part = s3.get_object(Bucket=one, Key="a b/ü.html", Range="bytes=1-3")
    assert (status(part), part["Body"].read(), part["ContentRange"]) == (
        206, b"ell", "bytes 1-3/5",
    )
    s3.delete_object(Bucket=one, Key="a b/ü.html")
    waiter(s3, "object_not_exists")(Bucket=one, Key="a b/ü.html")
    refused("NoSuchKey", s3.get_object, Bucket=one, Key="a b/ü.html")
    refused("404", s3.head_object, Bucket=one, Key="a b/ü.html")
    refused("NoSuchBucket", s3.put_object, Bucket=name("none"), Key="a", Body=b"")


def check_empty_objects_and_streams():
    one = bucket()
    s3.put_object(Bucket=one, Key="empty")
    assert s3.get_object(Bucket=one, Key="empty")["Body"].read() == b""
    assert s3.head_object(Bucket=one, Key="empty")["ContentLength"] == 0
    refused("InvalidRange", s3.get_object, Bucket=one, Key="empty", Range="bytes=0-1")


def check_conditions():
    one = bucket()
    tag = s3.put_object(Bucket=one, Key="a", Body=b"1")["ETag"]
    refused("304", s3.get_object, Bucket=one, Key="a", IfNoneMatch=tag)
    refused("PreconditionFailed", s3.get_object, Bucket=one, Key="a", IfMatch='"x"')
    refused("PreconditionFailed", s3.put_object, Bucket=one, Key="a", Body=b"2", IfNoneMatch="*")
    refused("PreconditionFailed", s3.put_object, Bucket=one, Key="a", Body=b"2", IfMatch='"x"')
    s3.put_object(Bucket=one, Key="a", Body=b"2", IfMatch=tag)
    s3.put_object(Bucket=one, Key="b", Body=b"2", IfNoneMatch="*")


def check_checksums():
    one = bucket()
    for algorithm in ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]:
        try:
            put = s3.put_object(
                Bucket=one, Key=algorithm, Body=b"hello", ChecksumAlgorithm=algorithm
            )
        except ImportError:
            continue  # boto3 without its native checksums
        except Exception as error:
            if "awscrt" in str(error) or "MissingDependency" in type(error).__name__:
                continue
            raise
        assert f"Checksum{algorithm}" in put, put
        got = s3.get_object(Bucket=one, Key=algorithm, ChecksumMode="ENABLED")
        assert got[f"Checksum{algorithm}"] == put[f"Checksum{algorithm}"]
    wrong = {"Bucket": one, "Key": "x", "Body": b"hello"}
    refused("BadDigest", s3.put_object, ContentMD5="AAAAAAAAAAAAAAAAAAAAAA==", **wrong)
    refused("BadDigest", s3.put_object, ChecksumCRC32="AAAAAA==", **wrong)


def check_listing():
    one = bucket()
    for key in ["a/1", "a/2", "b/1", "c", "d e"]:
        s3.put_object(Bucket=one, Key=key, Body=b"x")
    found, count = pages(
        s3, "list_objects_v2", "Contents", Bucket=one, PaginationConfig={"PageSize": 2}
    )
    assert [have["Key"] for have in found] == ["a/1", "a/2", "b/1", "c", "d e"] and count == 3
    page = s3.list_objects_v2(Bucket=one, Delimiter="/")
    assert [have["Prefix"] for have in page["CommonPrefixes"]] == ["a/", "b/"]
    assert [have["Key"] for have in page["Contents"]] == ["c", "d e"] and page["KeyCount"] == 4
    page = s3.list_objects_v2(Bucket=one, Prefix="a/", StartAfter="a/1")
    assert [have["Key"] for have in page["Contents"]] == ["a/2"]
    first = s3.list_objects(Bucket=one, MaxKeys=1)
    assert first["IsTruncated"] and first["Contents"][0]["Size"] == 1
    found, _ = pages(s3, "list_objects", "Contents", Bucket=one, PaginationConfig={"PageSize": 2})
    assert len(found) == 5
    refused("BucketNotEmpty", s3.delete_bucket, Bucket=one)


def check_copies():
    one, two = bucket(), bucket()
    s3.put_object(Bucket=one, Key="a b", Body=b"x", ContentType="text/plain", Metadata={"k": "v"})
    source = {"Bucket": one, "Key": "a b"}
    made = s3.copy_object(Bucket=two, Key="copy", CopySource=source)
    assert made["CopyObjectResult"]["ETag"] == s3.head_object(Bucket=one, Key="a b")["ETag"]
    copy = s3.head_object(Bucket=two, Key="copy")
    assert (copy["ContentType"], copy["Metadata"]) == ("text/plain", {"k": "v"})
    s3.copy_object(
        Bucket=two, Key="copy", CopySource={"Bucket": two, "Key": "copy"},
        MetadataDirective="REPLACE", CacheControl="max-age=5", ContentType="text/html",
    )
    copy = s3.head_object(Bucket=two, Key="copy")
    assert (copy["CacheControl"], copy["Metadata"]) == ("max-age=5", {})
    refused("InvalidRequest", s3.copy_object, Bucket=one, Key="a b", CopySource=source)
    gone = {"Bucket": one, "Key": "gone"}
    refused("NoSuchKey", s3.copy_object, Bucket=two, Key="x", CopySource=gone)
    refused(
        "PreconditionFailed", s3.copy_object, Bucket=two, Key="x", CopySource=source,
        CopySourceIfMatch='"other"',
    )


def check_deleting_many():
    one = bucket()
    for number in range(5):
        s3.put_object(Bucket=one, Key=f"k{number}", Body=b"")
    keys = [{"Key": f"k{number}"} for number in range(4)] + [{"Key": "never there"}]
    gone = s3.delete_objects(Bucket=one, Delete={"Objects": keys})
    assert len(gone["Deleted"]) == 5 and "Errors" not in gone
    quiet = s3.delete_objects(Bucket=one, Delete={"Objects": [{"Key": "k4"}], "Quiet": True})
    assert "Deleted" not in quiet
    assert s3.list_objects_v2(Bucket=one)["KeyCount"] == 0


def check_versions():
    one = bucket()
    assert "Status" not in s3.get_bucket_versioning(Bucket=one)
    s3.put_bucket_versioning(Bucket=one, VersioningConfiguration={"Status": "Enabled"})
    assert s3.get_bucket_versioning(Bucket=one)["Status"] == "Enabled"
    first = s3.put_object(Bucket=one, Key="k", Body=b"1")["VersionId"]
    second = s3.put_object(Bucket=one, Key="k", Body=b"2")["VersionId"]
    assert s3.get_object(Bucket=one, Key="k", VersionId=first)["Body"].read() == b"1"
    marker = s3.delete_object(Bucket=one, Key="k")
    assert marker["DeleteMarker"] is True
    refused("NoSuchKey", s3.get_object, Bucket=one, Key="k")
    refused("MethodNotAllowed", s3.get_object, Bucket=one, Key="k", VersionId=marker["VersionId"])
    listed = s3.list_object_versions(Bucket=one)
    assert [have["VersionId"] for have in listed["Versions"]] == [second, first]
    assert listed["DeleteMarkers"][0]["IsLatest"] is True
    found, count = pages(
        s3, "list_object_versions", "Versions", Bucket=one, PaginationConfig={"PageSize": 1}
    )
    assert (len(found), count) == (2, 3)
    s3.delete_object(Bucket=one, Key="k", VersionId=marker["VersionId"])
    assert s3.get_object(Bucket=one, Key="k")["Body"].read() == b"2"
    refused("NoSuchVersion", s3.get_object, Bucket=one, Key="k", VersionId="x" * 32)


def check_tags():
    one = bucket()
    refused("NoSuchTagSet", s3.get_bucket_tagging, Bucket=one)
    tags = {"TagSet": [{"Key": "a", "Value": "1"}]}
    s3.put_bucket_tagging(Bucket=one, Tagging=tags)
    assert s3.get_bucket_tagging(Bucket=one)["TagSet"] == tags["TagSet"]
    s3.delete_bucket_tagging(Bucket=one)
    s3.put_object(Bucket=one, Key="k", Body=b"", Tagging="x=1&y=2")
    assert s3.head_object(Bucket=one, Key="k")["TagCount"] == 2
    assert len(s3.get_object_tagging(Bucket=one, Key="k")["TagSet"]) == 2
    s3.put_object_tagging(Bucket=one, Key="k", Tagging=tags)
    assert s3.get_object_tagging(Bucket=one, Key="k")["TagSet"] == tags["TagSet"]


def check_policies():
    one = bucket()
    refused("NoSuchBucketPolicy", s3.get_bucket_policy, Bucket=one)
    statement = {
        "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{one}/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    refused("AccessDenied", s3.put_bucket_policy, Bucket=one, Policy=policy)
    block = s3.get_public_access_block(Bucket=one)["PublicAccessBlockConfiguration"]
    assert all(block.values())
    s3.delete_public_access_block(Bucket=one)
    refused("NoSuchPublicAccessBlockConfiguration", s3.get_public_access_block, Bucket=one)
    s3.put_bucket_policy(Bucket=one, Policy=policy)
    assert json.loads(s3.get_bucket_policy(Bucket=one)["Policy"]) == json.loads(policy)
    assert s3.get_bucket_policy_status(Bucket=one)["PolicyStatus"]["IsPublic"] is True
    refused("MalformedPolicy", s3.put_bucket_policy, Bucket=one, Policy="{}")
    s3.delete_bucket_policy(Bucket=one)


def check_settings():
    one = bucket()
    refused("NoSuchWebsiteConfiguration", s3.get_bucket_website, Bucket=one)
    site = {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "error.html"}}
    s3.put_bucket_website(Bucket=one, WebsiteConfiguration=site)
    assert s3.get_bucket_website(Bucket=one)["IndexDocument"] == site["IndexDocument"]
    s3.delete_bucket_website(Bucket=one)
    refused("NoSuchCORSConfiguration", s3.get_bucket_cors, Bucket=one)
    rules = {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}
    s3.put_bucket_cors(Bucket=one, CORSConfiguration=rules)
    assert s3.get_bucket_cors(Bucket=one)["CORSRules"] == rules["CORSRules"]
    rule = s3.get_bucket_encryption(Bucket=one)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    owner = s3.get_bucket_ownership_controls(Bucket=one)["OwnershipControls"]["Rules"]
    assert owner == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    refused("AccessControlListNotSupported", s3.put_object, Bucket=one, Key="k", ACL="public-read")


def check_buckets_in_the_hosts_name():
    one = bucket()
    endpoint = os.environ["AWS_ENDPOINT_URL"].replace("127.0.0.1", "localhost")
    hosted = client("s3", endpoint_url=endpoint, s3={"addressing_style": "virtual"})
    try:
        socket.getaddrinfo(f"{one}.localhost", 80)
    except OSError:
        return  # this machine does not know names below localhost
    hosted.put_object(Bucket=one, Key="a/b", Body=b"x")
    assert s3.get_object(Bucket=one, Key="a/b")["Body"].read() == b"x"
    assert hosted.list_objects_v2(Bucket=one)["KeyCount"] == 1


def check_what_is_not_honoured_is_refused():
    one = bucket()
    s3.put_object(Bucket=one, Key="k", Body=b"kept")
    refused("NotImplemented", s3.get_bucket_lifecycle_configuration, Bucket=one)
    refused("NotImplemented", s3.put_object_retention, Bucket=one, Key="k", Retention={})
    assert s3.get_object(Bucket=one, Key="k")["Body"].read() == b"kept"


def check_presigned():
    one = bucket()
    for version in ["s3", "s3v4"]:
        signer = client("s3", signature_version=version)
        what = {"Bucket": one, "Key": "a b"}
        url = signer.generate_presigned_url("put_object", Params=what, ExpiresIn=60)
        request = urllib.request.Request(url, data=b"sent", method="PUT")
        assert urllib.request.urlopen(request).status == 200
        more = {"ResponseContentType": "text/plain"}
        url = signer.generate_presigned_url("get_object", Params={**what, **more})
        answer = urllib.request.urlopen(url)
        assert (answer.read(), answer.headers["Content-Type"]) == (b"sent", "text/plain")
        url = signer.generate_presigned_url("get_object", Params=what, ExpiresIn=-5)
        try:
            urllib.request.urlopen(url)
            raise AssertionError("an address of the past was answered")
        except urllib.error.HTTPError as error:
            assert error.code in (400, 403), error.code
