from words import client, name, pages, refused, status, waiter

edge = client("cloudfront")
DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"


def config(**more):
    origin = {
        "Id": "site", "DomainName": "site.example.com",
        "CustomOriginConfig": {
            "HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only",
            "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]},
        },
    }
    return {
        "CallerReference": name("reference"), "Comment": "one", "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {
            "TargetOriginId": "site", "ViewerProtocolPolicy": "allow-all",
            "CachePolicyId": DISABLED,
        },
        **more,
    }


def check_distributions():
    wanted = config()
    made = edge.create_distribution(DistributionConfig=wanted)
    assert status(made) == 201 and made["Location"].endswith(made["Distribution"]["Id"])
    one, tag = made["Distribution"], made["ETag"]
    assert one["DomainName"].endswith(".cloudfront.net")
    refused("DistributionAlreadyExists", edge.create_distribution, DistributionConfig=wanted)
    waiter(edge, "distribution_deployed")(Id=one["Id"])
    got = edge.get_distribution_config(Id=one["Id"])
    assert got["ETag"] == tag and got["DistributionConfig"]["Comment"] == "one"
    changed = {**got["DistributionConfig"], "Comment": "two", "Enabled": False}
    update = {"Id": one["Id"], "DistributionConfig": changed}
    refused("InvalidIfMatchVersion", edge.update_distribution, **update)
    refused("PreconditionFailed", edge.update_distribution, IfMatch="E0000000000000", **update)
    refused("DistributionNotDisabled", edge.delete_distribution, Id=one["Id"], IfMatch=tag)
    tag = edge.update_distribution(IfMatch=tag, **update)["ETag"]
    waiter(edge, "distribution_deployed")(Id=one["Id"])
    assert edge.get_distribution(Id=one["Id"])["Distribution"]["Status"] == "Deployed"
    assert status(edge.delete_distribution(Id=one["Id"], IfMatch=tag)) == 204
    refused("NoSuchDistribution", edge.get_distribution, Id=one["Id"])


def check_distributions_in_pages():
    wanted = {
        edge.create_distribution(DistributionConfig=config())["Distribution"]["Id"]
        for _ in range(3)
    }
    pages_of = edge.get_paginator("list_distributions").paginate(PaginationConfig={"PageSize": 2})
    lists = [page["DistributionList"] for page in pages_of]
    assert wanted <= {one["Id"] for page in lists for one in page.get("Items", [])}
    assert len(lists) >= 2


def check_what_is_wrong_with_a_distribution():
    wrong = config()
    wrong["DefaultCacheBehavior"] = {**wrong["DefaultCacheBehavior"], "TargetOriginId": "none"}
    refused("NoSuchOrigin", edge.create_distribution, DistributionConfig=wrong)
    wrong = config(PriceClass="PriceClass_9")
    refused("InvalidArgument", edge.create_distribution, DistributionConfig=wrong)


def check_invalidations():
    one = edge.create_distribution(DistributionConfig=config())["Distribution"]["Id"]
    batch = {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": name("batch")}
    made = edge.create_invalidation(DistributionId=one, InvalidationBatch=batch)
    assert status(made) == 201
    waiter(edge, "invalidation_completed")(DistributionId=one, Id=made["Invalidation"]["Id"])
    listed = edge.list_invalidations(DistributionId=one)["InvalidationList"]["Items"]
    assert listed[0]["Id"] == made["Invalidation"]["Id"]
    refused("NoSuchInvalidation", edge.get_invalidation, DistributionId=one, Id="I0")
    refused(
        "NoSuchDistribution", edge.create_invalidation, DistributionId="E0", InvalidationBatch=batch
    )


def check_cache_policies():
    wanted = {
        "Name": name("policy"), "MinTTL": 1, "DefaultTTL": 2, "MaxTTL": 3,
        "ParametersInCacheKeyAndForwardedToOrigin": {
            "EnableAcceptEncodingGzip": True,
            "HeadersConfig": {"HeaderBehavior": "none"},
            "CookiesConfig": {"CookieBehavior": "none"},
            "QueryStringsConfig": {"QueryStringBehavior": "all"},
        },
    }
    made = edge.create_cache_policy(CachePolicyConfig=wanted)
    id, tag = made["CachePolicy"]["Id"], made["ETag"]
    refused("CachePolicyAlreadyExists", edge.create_cache_policy, CachePolicyConfig=wanted)
    got = edge.get_cache_policy_config(Id=id)["CachePolicyConfig"]
    assert (got["DefaultTTL"], got["Name"]) == (2, wanted["Name"])
    custom = edge.list_cache_policies(Type="custom")["CachePolicyList"]["Items"]
    assert id in [one["CachePolicy"]["Id"] for one in custom]
    managed = edge.list_cache_policies(Type="managed")["CachePolicyList"]["Items"]
    assert DISABLED in [one["CachePolicy"]["Id"] for one in managed]
    edge.delete_cache_policy(Id=id, IfMatch=tag)
    refused("NoSuchCachePolicy", edge.get_cache_policy, Id=id)


def check_origin_access_controls():
    wanted = {
        "Name": name("oac"), "OriginAccessControlOriginType": "s3", "SigningBehavior": "always",
        "SigningProtocol": "sigv4",
    }
    made = edge.create_origin_access_control(OriginAccessControlConfig=wanted)
    id, tag = made["OriginAccessControl"]["Id"], made["ETag"]
    got = edge.get_origin_access_control(Id=id)
    assert got["OriginAccessControl"]["OriginAccessControlConfig"]["Name"] == wanted["Name"]
    edge.delete_origin_access_control(Id=id, IfMatch=tag)
    refused("NoSuchOriginAccessControl", edge.get_origin_access_control, Id=id)


def check_tags():
    tags = {"Items": [{"Key": "who", "Value": "me"}]}
    made = edge.create_distribution_with_tags(
        DistributionConfigWithTags={"DistributionConfig": config(), "Tags": tags}
    )["Distribution"]
    assert edge.list_tags_for_resource(Resource=made["ARN"])["Tags"] == tags
