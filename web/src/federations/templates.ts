/** The kinds of workloads that the form has a template for. */
export type TemplateName = 'github' | 'gitlab' | 'kubernetes' | 'other';

/** A claim that a template asks for. */
interface TemplateClaim {
  readonly name: string;
  /** A value that fits most. */
  readonly value?: string;
  readonly placeholder: string;
}

/** What a form starts with for one kind of workload. */
export interface Template {
  readonly title: string;
  readonly description: string;
  /** What the address of its usual issuer contains; `null` if every installation has its own. */
  readonly issuer: string | null;
  readonly claims: readonly TemplateClaim[];
  readonly singleUse: boolean;
}

/**
 * The templates. GitHub and GitLab serve everyone, so their first claim names the owner by a number, which no other owner gets
 * after a rename. A job of GitLab and a pod of Kubernetes have one JWT for several exchanges.
 */
export const TEMPLATES: Readonly<Record<TemplateName, Template>> = {
  github: {
    title: 'GitHub Actions',
    description: 'Jobs of one repository on one branch.',
    issuer: 'token.actions.githubusercontent.com',
    claims: [
      { name: 'repository_owner_id', placeholder: 'e.g. 123456' },
      { name: 'repository', placeholder: 'e.g. octo-org/octo-repo' },
      { name: 'ref', value: 'refs/heads/main', placeholder: 'e.g. refs/heads/main' },
    ],
    singleUse: true,
  },
  gitlab: {
    title: 'GitLab CI',
    description: 'Jobs of one project on protected branches and tags.',
    issuer: 'gitlab',
    claims: [
      { name: 'namespace_id', placeholder: 'e.g. 72' },
      { name: 'project_path', placeholder: 'e.g. group/project' },
      { name: 'ref_protected', value: 'true', placeholder: 'true or false' },
    ],
    singleUse: false,
  },
  kubernetes: {
    title: 'Kubernetes',
    description: 'Pods of one service account.',
    issuer: null,
    claims: [{ name: 'sub', placeholder: 'e.g. system:serviceaccount:production:report' }],
    singleUse: false,
  },
  other: {
    title: 'Other',
    description: 'Any workload whose issuer the server operator lists.',
    issuer: null,
    claims: [{ name: 'sub', placeholder: 'The exact value, or a beginning such as group/*' }],
    singleUse: true,
  },
};

/** The names of the templates in the order of the form. */
export const TEMPLATE_NAMES = Object.keys(TEMPLATES) as TemplateName[];
