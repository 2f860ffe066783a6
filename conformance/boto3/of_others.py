"""Services that carry no viewer: what stacks need of them."""

import json

from words import client, name, pages, refused


def check_cloudwatch_over_its_newest_protocol():
    watch = client("cloudwatch")
    one = name("alarm")
    watch.put_metric_alarm(
        AlarmName=one, Namespace="AWS/ApplicationELB", MetricName="TargetResponseTime",
        Statistic="Average", Period=60, EvaluationPeriods=2, Threshold=1.5,
        ComparisonOperator="GreaterThanThreshold",
        Dimensions=[{"Name": "LoadBalancer", "Value": "app/x/1"}],
    )
    alarm = watch.describe_alarms(AlarmNames=[one])["MetricAlarms"][0]
    assert (alarm["Threshold"], alarm["StateValue"]) == (1.5, "INSUFFICIENT_DATA")
    assert alarm["AlarmConfigurationUpdatedTimestamp"].year > 2000
    refused("ResourceNotFound", watch.get_dashboard, DashboardName=name("none"))
    watch.delete_alarms(AlarmNames=[one])
    assert watch.describe_alarms(AlarmNames=[one])["MetricAlarms"] == []


def check_logs():
    logs = client("logs")
    stem = name("/group")
    for number in range(3):
        logs.create_log_group(logGroupName=f"{stem}/{number}")
    found, count = pages(
        logs, "describe_log_groups", "logGroups", logGroupNamePrefix=stem,
        PaginationConfig={"PageSize": 2},
    )
    assert (len(found), count) == (3, 2)
    logs.put_retention_policy(logGroupName=f"{stem}/0", retentionInDays=7)
    group = logs.describe_log_groups(logGroupNamePrefix=f"{stem}/0")["logGroups"][0]
    assert group["retentionInDays"] == 7
    refused("ResourceAlreadyExistsException", logs.create_log_group, logGroupName=f"{stem}/0")
    refused("ResourceNotFoundException", logs.delete_log_group, logGroupName=name("none"))


def check_iam():
    iam = client("iam")
    role = name("role")
    trust = {"Statement": [{
        "Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }]}
    trust = json.dumps({"Version": "2012-10-17", **trust})
    made = iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust)["Role"]
    assert made["Arn"].endswith(f":role/{role}")
    refused(
        "EntityAlreadyExists", iam.create_role, RoleName=role, AssumeRolePolicyDocument=trust
    )
    got = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    assert got["Statement"][0]["Action"] == "sts:AssumeRole"
    refused("NoSuchEntity", iam.get_role, RoleName=name("none"))
    refused(
        "MalformedPolicyDocument", iam.create_role, RoleName=name("r"),
        AssumeRolePolicyDocument="{",
    )
    roles, _ = pages(iam, "list_roles", "Roles", PaginationConfig={"PageSize": 1})
    assert role in [one["RoleName"] for one in roles]
    iam.delete_role(RoleName=role)


def check_secrets():
    secrets = client("secretsmanager")
    one = name("secret")
    secrets.create_secret(Name=one, SecretString="a")
    refused("ResourceExistsException", secrets.create_secret, Name=one, SecretString="a")
    secrets.put_secret_value(SecretId=one, SecretString="b")
    assert secrets.get_secret_value(SecretId=one)["SecretString"] == "b"
    before = secrets.get_secret_value(SecretId=one, VersionStage="AWSPREVIOUS")
    assert before["SecretString"] == "a"
    assert len(secrets.list_secret_version_ids(SecretId=one)["Versions"]) == 2
    assert len(secrets.get_random_password(PasswordLength=20)["RandomPassword"]) == 20
    secrets.delete_secret(SecretId=one)
    refused("InvalidRequestException", secrets.get_secret_value, SecretId=one)
    secrets.restore_secret(SecretId=one)
    refused("ResourceNotFoundException", secrets.get_secret_value, SecretId=name("none"))


def check_networks():
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.92.0.0/16")["Vpc"]["VpcId"]
    ec2.get_waiter("vpc_available").wait(VpcIds=[vpc])
    refused("InvalidVpcID.NotFound", ec2.describe_vpcs, VpcIds=["vpc-0123456789abcdef0"])
    group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    rule = {
        "IpProtocol": "tcp", "FromPort": 80, "ToPort": 80,
        "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
    }
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    refused(
        "InvalidPermission.Duplicate", ec2.authorize_security_group_ingress, GroupId=group,
        IpPermissions=[rule],
    )
    found = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    assert {one["GroupName"] for one in found["SecurityGroups"]} == {"web", "default"}


def check_certificates():
    acm = client("acm")
    arn = acm.request_certificate(DomainName="www.example.com", ValidationMethod="DNS")
    arn = arn["CertificateArn"]
    assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["DomainName"]
    none = arn[:-1] + ("0" if arn[-1] != "0" else "1")
    refused("ResourceNotFoundException", acm.describe_certificate, CertificateArn=none)


def check_scaling():
    scaling = client("application-autoscaling")
    of = {"ServiceNamespace": "ecs"}
    assert scaling.describe_scalable_targets(**of)["ScalableTargets"] == []
    refused(
        "ObjectNotFoundException", scaling.deregister_scalable_target,
        ResourceId="service/none/none", ScalableDimension="ecs:service:DesiredCount", **of,
    )
