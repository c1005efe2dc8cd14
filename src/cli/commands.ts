/** Every command of `homeserver`, by its words. */
import { asOfCommand } from './asOf.js'
import { backupCommand } from './backup/backup.js'
import { restoreCommand, verifyBackupCommand } from './backup/restore.js'
import { importBlobsCommand } from './blobs.js'
import { acceptClockCommand } from './clock.js'
import type { Command } from './command.js'
import { completionCommand } from './completion/completion.js'
import { doctor } from './doctor/doctor.js'
import { exportErasures, importErasures, listErasures } from './erasures/commands.js'
import { exportCommand, importCommand } from './eventFiles.js'
import { listCommand, showCommand, tailCommand, traceCommand } from './events/commands.js'
import { newFederationKeyCommand } from './keys/federation.js'
import { newFrankKeyCommand } from './keys/frank.js'
import { initialiseKeys } from './keys/init.js'
import { listKeys } from './keys/list.js'
import { rootSuccessor } from './keys/rootSuccessor.js'
import { prepareKey, rotateKey } from './keys/rotate.js'
import { actsCommand, logCommand } from './operators/acts.js'
import { deleteGroupCommand, groupsCommand, resetGroupCommand } from './operators/groups.js'
import { invitationsCommand, inviteCommand, revokeInvitationCommand } from './operators/invitations.js'
import { limitsCommand, resetLimitCommand, setLimitCommand } from './operators/limits.js'
import { beginMaintenance, endMaintenance, maintenanceCommand } from './operators/maintenance.js'
import { changeRegistrationCommand, registrationCommand } from './operators/registration.js'
import {
  dropBacklogCommand,
  pausePeerCommand,
  peerCommand,
  peerPolicyCommand,
  peersCommand,
  pinPeerCommand,
  resetPeerCommand,
  resumePeerCommand,
} from './operators/peers.js'
import { closeReportCommand, reportCommand, reportsCommand } from './operators/reports.js'
import { statusCommand } from './operators/status.js'
import { liftTakedownCommand, takedownCommand, takedownsCommand } from './operators/takedown.js'
import { addOperatorCommand, operatorsCommand, revokeOperatorCommand } from './operators/tokens.js'
import {
  disableUserCommand,
  releaseHandleCommand,
  enableUserCommand,
  removeClientCommand,
  removeUserCommand,
  userCommand,
  usersCommand,
} from './operators/users.js'
import { operatorTokenCommand } from './operatorToken.js'
import {
  dropProjection,
  flipProjection,
  listProjections,
  rebuildProjection,
  rollBackProjection,
  skipParked,
} from './projections/commands.js'
import { acceptRollbackCommand } from './rollback.js'
import { storesCommand } from './stores.js'
import { verifyCommand } from './verify.js'

const listed: { readonly [name: string]: Command } = {
  doctor,
  'keys init': initialiseKeys,
  'keys list': listKeys,
  'keys prepare': prepareKey,
  'keys rotate': rotateKey,
  'keys root successor': rootSuccessor,
  'keys federation': newFederationKeyCommand,
  'keys frank': newFrankKeyCommand,
  'operator-token': operatorTokenCommand,
  'operator acts': actsCommand,
  'operator status': statusCommand,
  'operators add': addOperatorCommand,
  'operators list': operatorsCommand,
  'operators revoke': revokeOperatorCommand,
  'operators log': logCommand,
  'registration show': registrationCommand,
  'registration set': changeRegistrationCommand,
  'invitations make': inviteCommand,
  'invitations list': invitationsCommand,
  'invitations revoke': revokeInvitationCommand,
  'limits list': limitsCommand,
  'limits set': setLimitCommand,
  'limits reset': resetLimitCommand,
  'maintenance on': beginMaintenance,
  'maintenance off': endMaintenance,
  'maintenance status': maintenanceCommand,
  'users list': usersCommand,
  'users show': userCommand,
  'users disable': disableUserCommand,
  'users enable': enableUserCommand,
  'users release-handle': releaseHandleCommand,
  'users remove': removeUserCommand,
  'clients remove': removeClientCommand,
  'groups list': groupsCommand,
  'groups delete': deleteGroupCommand,
  'groups reset': resetGroupCommand,
  'reports list': reportsCommand,
  'reports show': reportCommand,
  'reports close': closeReportCommand,
  takedown: takedownCommand,
  'takedown lift': liftTakedownCommand,
  'takedown list': takedownsCommand,
  'peers list': peersCommand,
  'peers show': peerCommand,
  'peers policy': peerPolicyCommand,
  'peers pin': pinPeerCommand,
  'peers reset': resetPeerCommand,
  'peers pause': pausePeerCommand,
  'peers resume': resumePeerCommand,
  'peers drop': dropBacklogCommand,
  'clock accept': acceptClockCommand,
  'log accept-rollback': acceptRollbackCommand,
  'projections list': listProjections,
  'projections rebuild': rebuildProjection,
  'projections flip': flipProjection,
  'projections rollback': rollBackProjection,
  'projections drop': dropProjection,
  'projections skip': skipParked,
  stores: storesCommand,
  backup: backupCommand,
  'backup verify': verifyBackupCommand,
  restore: restoreCommand,
  'erasures list': listErasures,
  'erasures export': exportErasures,
  'erasures import': importErasures,
  'events list': listCommand,
  'events tail': tailCommand,
  'events show': showCommand,
  'events trace': traceCommand,
  'events export': exportCommand,
  'events import': importCommand,
  'events verify': verifyCommand,
  'as-of': asOfCommand,
  'blobs import': importBlobsCommand,
}

export const commands: { readonly [name: string]: Command } = {
  ...listed,
  completion: completionCommand(() => commands),
}
