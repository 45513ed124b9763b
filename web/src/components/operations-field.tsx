import { normaliseOperations, type Operation } from '../../../src/domain/scopes.ts';
import { operationName } from '../labels.ts';
import { Button } from './button.tsx';
import { Checkbox, FieldGroup } from './field.tsx';
import './operations-field.css';

const READING: readonly string[] = ['READ', 'LIST', 'SUBSCRIBE'];
const WRITING: readonly string[] = [...READING, 'CREATE', 'UPDATE', 'PUBLISH'];

/** Common selections of operations. */
const PRESETS = [
  { title: 'Read', explanation: 'View, without changing anything.', includes: READING },
  {
    title: 'Read and write',
    explanation: 'View, create and change. No deleting or sharing.',
    includes: WRITING,
  },
  { title: 'All', explanation: 'Every operation, including deleting and sharing.', includes: null },
] as const;

interface Preset {
  readonly title: string;
  readonly explanation: string;
  readonly operations: readonly Operation[];
}

/** Returns the presets that select something in the offered operations, without those that equal the one before. */
function presetsFor(offered: readonly Operation[]): Preset[] {
  const presets = PRESETS.map(({ title, explanation, includes }) => ({
    title,
    explanation,
    operations: offered.filter((each) => includes === null || includes.includes(each)),
  })).filter(({ operations }) => operations.length > 0);
  return presets.filter(
    ({ operations }, index) => operations.length !== presets[index - 1]?.operations.length,
  );
}

function isSame(a: readonly Operation[], b: readonly Operation[]): boolean {
  return a.length === b.length && a.every((each) => b.includes(each));
}

function Presets({
  presets,
  value,
  onChange,
}: {
  presets: readonly Preset[];
  value: readonly Operation[];
  onChange: (operations: readonly Operation[]) => void;
}) {
  const chosen = presets.find(({ operations }) => isSame(operations, value));
  return (
    <div className="operation-presets">
      {presets.map((preset) => (
        <Button
          key={preset.title}
          small
          title={preset.explanation}
          aria-pressed={preset === chosen}
          onClick={() => onChange(preset.operations)}
        >
          {preset.title}
        </Button>
      ))}
      <span className="field-hint">{chosen?.explanation ?? 'Choose a preset, or single operations.'}</span>
    </div>
  );
}

/** Selects some of the offered operations; `onChange` receives them in the usual order. */
export function OperationsField({
  offered,
  value,
  error,
  onChange,
}: {
  offered: readonly Operation[];
  value: readonly Operation[];
  error?: string | undefined;
  onChange: (operations: readonly Operation[]) => void;
}) {
  function choose(operation: Operation, chosen: boolean) {
    onChange(
      normaliseOperations(chosen ? [...value, operation] : value.filter((each) => each !== operation)),
    );
  }
  const presets = presetsFor(offered);
  return (
    <FieldGroup label="Operations" className="operations" error={error}>
      {offered.length === 0 && <span className="muted">Choose a type first</span>}
      {presets.length > 1 && <Presets presets={presets} value={value} onChange={onChange} />}
      {offered.map((operation) => (
        <Checkbox
          key={operation}
          label={operationName(operation)}
          checked={value.includes(operation)}
          onChange={({ target }) => choose(operation, target.checked)}
        />
      ))}
    </FieldGroup>
  );
}
