from words import client, name, pages, refused

ssm = client("ssm")


def check_put_and_get():
    key = "/" + name("one")
    assert ssm.put_parameter(Name=key, Value="a", Type="String")["Version"] == 1
    refused("ParameterAlreadyExists", ssm.put_parameter, Name=key, Value="b", Type="String")
    assert ssm.put_parameter(Name=key, Value="b", Type="String", Overwrite=True)["Version"] == 2
    got = ssm.get_parameter(Name=key)["Parameter"]
    assert (got["Value"], got["Version"], got["Type"]) == ("b", 2, "String")
    assert got["ARN"].endswith(f":parameter{key}")
    assert got["LastModifiedDate"].year > 2000
    assert ssm.get_parameter(Name=f"{key}:1")["Parameter"]["Value"] == "a"
    refused("ParameterVersionNotFound", ssm.get_parameter, Name=f"{key}:9")


def check_missing_parameters():
    key = "/" + name("none")
    refused("ParameterNotFound", ssm.get_parameter, Name=key)
    refused("ParameterNotFound", ssm.delete_parameter, Name=key)
    assert ssm.get_parameters(Names=[key])["InvalidParameters"] == [key]
    assert ssm.delete_parameters(Names=[key])["InvalidParameters"] == [key]


def check_secure_strings():
    key = "/" + name("secret")
    ssm.put_parameter(Name=key, Value="hidden", Type="SecureString")
    assert ssm.get_parameter(Name=key)["Parameter"]["Value"] != "hidden"
    assert ssm.get_parameter(Name=key, WithDecryption=True)["Parameter"]["Value"] == "hidden"


def check_paths_come_in_pages():
    root = "/" + name("tree")
    for number in range(12):
        ssm.put_parameter(Name=f"{root}/a/{number:02}", Value="x", Type="String")
    ssm.put_parameter(Name=f"{root}/b", Value="x", Type="String")
    found, count = pages(
        ssm, "get_parameters_by_path", "Parameters", Path=root, Recursive=True,
        PaginationConfig={"PageSize": 5},
    )
    assert (len(found), count) == (13, 3)
    flat = ssm.get_parameters_by_path(Path=root)["Parameters"]
    assert [one["Name"] for one in flat] == [f"{root}/b"]
    filters = [{"Key": "Name", "Option": "BeginsWith", "Values": [f"{root}/a/"]}]
    described, _ = pages(
        ssm, "describe_parameters", "Parameters", ParameterFilters=filters,
        PaginationConfig={"PageSize": 5},
    )
    assert len(described) == 12


def check_history_and_tags():
    key = "/" + name("old")
    ssm.put_parameter(Name=key, Value="1", Type="String", Tags=[{"Key": "who", "Value": "me"}])
    ssm.put_parameter(Name=key, Value="2", Type="String", Overwrite=True)
    history = ssm.get_parameter_history(Name=key)["Parameters"]
    assert [one["Value"] for one in history] == ["1", "2"]
    of = {"ResourceType": "Parameter", "ResourceId": key}
    assert ssm.list_tags_for_resource(**of)["TagList"] == [{"Key": "who", "Value": "me"}]
    ssm.remove_tags_from_resource(TagKeys=["who"], **of)
    assert ssm.list_tags_for_resource(**of)["TagList"] == []


def check_names_and_types_are_checked():
    refused("ValidationException", ssm.put_parameter, Name="/aws/x", Value="a", Type="String")
    refused("ValidationException", ssm.put_parameter, Name=name("x"), Value="a", Type="Text")


def check_lists_of_strings():
    key = name("list")
    ssm.put_parameter(Name=key, Value="a,b", Type="StringList")
    assert ssm.get_parameter(Name=key)["Parameter"]["Type"] == "StringList"
