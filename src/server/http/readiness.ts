/** True in `ready` if models and indexes are loaded; else `waitingFor` names what is missing. */
export interface Readiness {
  readonly ready: boolean;
  readonly waitingFor?: string | undefined;
}
