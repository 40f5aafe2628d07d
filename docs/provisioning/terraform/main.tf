# An application for workiq-auth: the seven permissions, granted, and a federated credential for one GitHub
# environment. Who applies it may grant application permissions: Privileged Role Administrator, or an application
# with Application.ReadWrite.OwnedBy and AppRoleAssignment.ReadWrite.All.

terraform {
  required_version = ">= 1.5"
  required_providers {
    azuread = {
      source  = "hashicorp/azuread"
      version = "~> 3.0"
    }
  }
}

provider "azuread" {
  tenant_id = var.tenant_id
}

variable "tenant_id" {
  description = "Directory (tenant) id."
  type        = string
}

variable "subjects" {
  description = "Subjects of the federated credentials by name. A repository created, renamed or transferred since summer 2026 has the immutable form: repo:contoso@OWNER_ID/decisions@REPOSITORY_ID:environment:production."
  type        = map(string)
  default = {
    "github-production" = "repo:contoso/decisions:environment:production"
  }
}

variable "permissions" {
  description = "Application permissions of Microsoft Graph and the ids of their app roles. Take out what is not read."
  type        = map(string)
  default = {
    "Sites.Read.All"                   = "332a536c-c7ef-4017-ab91-336970924f0d"
    "Mail.Read"                        = "810c84a8-4a9e-49e6-bf7d-12d183f40d01"
    "People.Read.All"                  = "b528084d-ad10-4598-8b93-929746b4d7d6"
    "OnlineMeetingTranscript.Read.All" = "a4a80d8d-d283-4bd8-8504-555ec3870630"
    "Chat.Read.All"                    = "6b7d71aa-70aa-4810-a8d9-5d9fb2830017"
    "ChannelMessage.Read.All"          = "7b2449af-6ccd-4f4d-9f78-e550c193f0d1"
    "ExternalItem.Read.All"            = "7a7cffad-37d2-4f48-afa4-c6ab129adcc2"
  }
}

data "azuread_service_principal" "graph" {
  client_id = "00000003-0000-0000-c000-000000000000"
}

resource "azuread_application" "workiq" {
  display_name     = "Work IQ app-only"
  sign_in_audience = "AzureADMyOrg"

  required_resource_access {
    resource_app_id = data.azuread_service_principal.graph.client_id

    dynamic "resource_access" {
      for_each = var.permissions
      content {
        id   = resource_access.value
        type = "Role"
      }
    }
  }
}

resource "azuread_service_principal" "workiq" {
  client_id = azuread_application.workiq.client_id
}

resource "azuread_app_role_assignment" "graph" {
  for_each            = var.permissions
  app_role_id         = each.value
  principal_object_id = azuread_service_principal.workiq.object_id
  resource_object_id  = data.azuread_service_principal.graph.object_id
}

resource "azuread_application_federated_identity_credential" "workiq" {
  for_each       = var.subjects
  application_id = azuread_application.workiq.id
  display_name   = each.key
  audiences      = ["api://AzureADTokenExchange"]
  issuer         = "https://token.actions.githubusercontent.com"
  subject        = each.value
}

output "workflow_env" {
  description = "For the workflow, with permissions: id-token: write."
  value = {
    WORKIQ_AUTH_MODE = "app-only"
    WORKIQ_TENANT_ID = var.tenant_id
    WORKIQ_CLIENT_ID = azuread_application.workiq.client_id
  }
}
