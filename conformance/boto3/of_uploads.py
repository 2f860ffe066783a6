"""Objects of S3 in parts."""

import io
import os

from boto3.s3.transfer import TransferConfig
from of_s3 import bucket, s3
from words import name, pages, refused

PART = 5 * 1024 * 1024


def check_an_object_in_parts():
    one = bucket()
    id = s3.create_multipart_upload(Bucket=one, Key="big", ContentType="text/plain")["UploadId"]
    up = {"Bucket": one, "Key": "big", "UploadId": id}
    parts = []
    for number, body in [(1, b"a" * PART), (2, b"b")]:
        made = s3.upload_part(PartNumber=number, Body=body, **up)
        parts.append({"PartNumber": number, "ETag": made["ETag"]})
    listed, count = pages(s3, "list_parts", "Parts", PaginationConfig={"PageSize": 1}, **up)
    assert [part["Size"] for part in listed] == [PART, 1] and count == 2
    assert [have["Key"] for have in s3.list_multipart_uploads(Bucket=one)["Uploads"]] == ["big"]
    done = s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **up)
    assert done["ETag"].endswith('-2"')
    head = s3.head_object(Bucket=one, Key="big")
    assert (head["ContentLength"], head["ContentType"]) == (PART + 1, "text/plain")
    assert s3.get_object(Bucket=one, Key="big", Range="bytes=-2")["Body"].read() == b"ab"
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=one)
    refused("NoSuchUpload", s3.list_parts, **up)


def check_what_is_wrong_with_parts():
    one = bucket()
    id = s3.create_multipart_upload(Bucket=one, Key="big")["UploadId"]
    up = {"Bucket": one, "Key": "big", "UploadId": id}
    tags = [s3.upload_part(PartNumber=number, Body=b"x", **up)["ETag"] for number in (1, 2)]
    parts = [{"PartNumber": number + 1, "ETag": tag} for number, tag in enumerate(tags)]
    complete = s3.complete_multipart_upload
    refused("EntityTooSmall", complete, MultipartUpload={"Parts": parts}, **up)
    refused("InvalidPartOrder", complete, MultipartUpload={"Parts": parts[::-1]}, **up)
    wrong = [{"PartNumber": 1, "ETag": '"0"'}]
    refused("InvalidPart", complete, MultipartUpload={"Parts": wrong}, **up)
    s3.abort_multipart_upload(**up)
    refused("NoSuchUpload", s3.abort_multipart_upload, **up)


def check_transfers():
    one = bucket()
    body = os.urandom(12 * 1024 * 1024)
    small = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART)
    s3.upload_fileobj(io.BytesIO(body), one, "whole", Config=small)
    s3.copy({"Bucket": one, "Key": "whole"}, one, "copy", Config=small)
    for key in ["whole", "copy"]:
        back = io.BytesIO()
        s3.download_fileobj(one, key, back, Config=small)
        assert back.getvalue() == body, key
        assert s3.head_object(Bucket=one, Key=key)["ETag"].endswith('-3"')


def check_a_part_that_is_not_there():
    refused(
        "NoSuchBucket", s3.create_multipart_upload, Bucket=name("none"), Key="k"
    )
