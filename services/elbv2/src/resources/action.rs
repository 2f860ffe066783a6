//! The properties of actions, which listeners and rules share.

use standin_kernel::resource::{Kind, Property};

const NOT_BUILT: &str = "asking who the viewer is is not built";

pub(super) const ACTION: &[Property] = &[
    Property::new("AuthenticateCognitoConfig", Kind::Object(AUTHENTICATE_COGNITO))
        .refused(NOT_BUILT),
    Property::new("AuthenticateOidcConfig", Kind::Object(AUTHENTICATE_OIDC)).refused(NOT_BUILT),
    Property::new("FixedResponseConfig", Kind::Object(FIXED_RESPONSE)),
    Property::new("ForwardConfig", Kind::Object(FORWARD)),
    Property::new("JwtValidationConfig", Kind::Object(JWT_VALIDATION))
        .refused("checking the signature of tokens is not built"),
    Property::new("Order", Kind::Integer(1, 50_000)),
    Property::new("RedirectConfig", Kind::Object(REDIRECT)),
    Property::new("TargetGroupArn", Kind::Text),
    Property::new(
        "Type",
        Kind::Choice(&[
            "authenticate-cognito",
            "authenticate-oidc",
            "fixed-response",
            "forward",
            "jwt-validation",
            "redirect",
        ]),
    )
    .required(),
];

const ON_UNAUTHENTICATED: Kind = Kind::Choice(&["allow", "authenticate", "deny"]);

const AUTHENTICATE_COGNITO: &[Property] = &[
    Property::new("AuthenticationRequestExtraParams", Kind::Map(&Kind::Text)),
    Property::new("OnUnauthenticatedRequest", ON_UNAUTHENTICATED),
    Property::new("Scope", Kind::Text),
    Property::new("SessionCookieName", Kind::Text),
    Property::new("SessionTimeout", Kind::Integer(1, 604_800)),
    Property::new("UserPoolArn", Kind::Text).required(),
    Property::new("UserPoolClientId", Kind::Text).required(),
    Property::new("UserPoolDomain", Kind::Text).required(),
];

const AUTHENTICATE_OIDC: &[Property] = &[
    Property::new("AuthenticationRequestExtraParams", Kind::Map(&Kind::Text)),
    Property::new("AuthorizationEndpoint", Kind::Text).required(),
    Property::new("ClientId", Kind::Text).required(),
    Property::new("ClientSecret", Kind::Text),
    Property::new("Issuer", Kind::Text).required(),
    Property::new("OnUnauthenticatedRequest", ON_UNAUTHENTICATED),
    Property::new("Scope", Kind::Text),
    Property::new("SessionCookieName", Kind::Text),
    Property::new("SessionTimeout", Kind::Integer(1, 604_800)),
    Property::new("TokenEndpoint", Kind::Text).required(),
    Property::new("UseExistingClientSecret", Kind::Bool),
    Property::new("UserInfoEndpoint", Kind::Text).required(),
];

const FIXED_RESPONSE: &[Property] = &[
    Property::new("ContentType", Kind::Text),
    Property::new("MessageBody", Kind::Text),
    Property::new("StatusCode", Kind::Text).required(),
];

const FORWARD: &[Property] = &[
    Property::new("TargetGroupStickinessConfig", Kind::Object(STICKINESS)),
    Property::new("TargetGroups", Kind::List(&Kind::Object(TARGET_GROUP_TUPLE))),
];

const STICKINESS: &[Property] = &[
    Property::new("DurationSeconds", Kind::Integer(1, 604_800)),
    Property::new("Enabled", Kind::Bool),
];

const TARGET_GROUP_TUPLE: &[Property] =
    &[Property::new("TargetGroupArn", Kind::Text), Property::new("Weight", Kind::Integer(0, 999))];

const JWT_VALIDATION: &[Property] = &[
    Property::new("AdditionalClaims", Kind::List(&Kind::Object(ADDITIONAL_CLAIM))),
    Property::new("Issuer", Kind::Text).required(),
    Property::new("JwksEndpoint", Kind::Text).required(),
];

const ADDITIONAL_CLAIM: &[Property] = &[
    Property::new(
        "Format",
        Kind::Choice(&["single-string", "space-separated-values", "string-array"]),
    )
    .required(),
    Property::new("Name", Kind::Text).required(),
    Property::new("Values", Kind::List(&Kind::Text)).required(),
];

const REDIRECT: &[Property] = &[
    Property::new("Host", Kind::Text),
    Property::new("Path", Kind::Text),
    Property::new("Port", Kind::Text),
    Property::new("Protocol", Kind::Text),
    Property::new("Query", Kind::Text),
    Property::new("StatusCode", Kind::Choice(&["HTTP_301", "HTTP_302"])).required(),
];
