import { FieldGroup, SelectField } from '../components/field.tsx';
import type { ScopeTargets } from './scope-targets.ts';
import { STARTING_POINTS, type StartingPointName } from './starting-points.ts';
import './starting-points-field.css';

/** A chosen starting point and its workspace; the empty string is every workspace. */
export interface ChosenStart {
  readonly name: StartingPointName;
  readonly workspaceId: string;
}

const NAMES = Object.keys(STARTING_POINTS) as StartingPointName[];

/** Offers common purposes of a token. Choosing one fills in the access and the scopes below. */
export function StartingPointsField({
  targets,
  value,
  onChange,
}: {
  targets: ScopeTargets;
  value: ChosenStart | null;
  onChange: (start: ChosenStart) => void;
}) {
  const { workspaces } = targets;
  return (
    <FieldGroup label="Start from">
      <div className="starts">
        {NAMES.map((name) => (
          <button
            key={name}
            type="button"
            className="start"
            aria-pressed={value?.name === name}
            onClick={() => onChange({ name, workspaceId: value?.workspaceId || (workspaces[0]?.id ?? '') })}
          >
            <span className="choice-title">{STARTING_POINTS[name].title}</span>
            <span className="field-hint">{STARTING_POINTS[name].description}</span>
          </button>
        ))}
      </div>
      {value && STARTING_POINTS[value.name].inWorkspace && workspaces.length > 1 && (
        <SelectField
          label="In workspace"
          value={value.workspaceId}
          onChange={(event) => onChange({ ...value, workspaceId: event.target.value })}
        >
          {workspaces.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </SelectField>
      )}
    </FieldGroup>
  );
}
