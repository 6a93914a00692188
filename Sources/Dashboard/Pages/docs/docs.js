// The API's own description, in Swagger's viewer. Nothing is loaded from elsewhere, the validator's badge neither.
window.SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#viewer",
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: false,
  tryItOutEnabled: true,
});
